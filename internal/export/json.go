package export

import (
	"fmt"
	"io"

	"github.com/harrier-detect/harrier/internal/event"
)

type jsonWriter struct {
	w     io.Writer
	opt   Options
	array bool
	rows  int
	buf   []byte
}

func (j *jsonWriter) Write(b *event.Batch) error {
	names, cols := j.opt.columns(b)
	keys := make([][]byte, len(names))
	for i, n := range names {
		keys[i] = append(event.AppendQuoted(nil, n), ':')
	}
	for row := range b.Len() {
		buf := j.buf[:0]
		if j.array {
			if j.rows == 0 {
				buf = append(buf, "[\n"...)
			} else {
				buf = append(buf, ",\n"...)
			}
		}
		buf = append(buf, '{')
		first := true
		for i, c := range cols {
			v := valueAt(c, row)
			if v.IsMissing() && j.opt.OmitMissing {
				continue
			}
			if !first {
				buf = append(buf, ',')
			}
			first = false
			buf = event.AppendJSON(append(buf, keys[i]...), v)
		}
		buf = append(buf, '}')
		if !j.array {
			buf = append(buf, '\n')
		}
		j.buf = buf
		j.rows++
		if _, err := j.w.Write(buf); err != nil {
			return fmt.Errorf("write rows: %w", err)
		}
	}
	return nil
}

func (j *jsonWriter) Close() error {
	if !j.array {
		return nil
	}
	end := "\n]\n"
	if j.rows == 0 {
		end = "[]\n"
	}
	if _, err := io.WriteString(j.w, end); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}
