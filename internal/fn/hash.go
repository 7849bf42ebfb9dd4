package fn

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
)

// MD5, SHA1, SHA256 and SHA512 return the digest of a text in lower-case hexadecimal digits.
func MD5(s string) string    { d := md5.Sum([]byte(s)); return hex.EncodeToString(d[:]) }
func SHA1(s string) string   { d := sha1.Sum([]byte(s)); return hex.EncodeToString(d[:]) }
func SHA256(s string) string { d := sha256.Sum256([]byte(s)); return hex.EncodeToString(d[:]) }
func SHA512(s string) string { d := sha512.Sum512([]byte(s)); return hex.EncodeToString(d[:]) }
