module github.com/harrier-detect/harrier

go 1.26
