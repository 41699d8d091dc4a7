// Package euckr reports which texts can be written in EUC-KR. It does not depend on
// the gateway.
package euckr

import (
	_ "embed" // for the table
	"unicode/utf8"
)

// table has one bit for each character of the Basic Multilingual Plane: whether ASCII or KS X
// 1001 has it. The tables of golang.org/x/text, from which it is made and against which it is
// tested, add half a megabyte to a program.
//
//go:generate go run table_generate.go
//go:embed table.bin
var table string

// Valid reports whether s can be written in strict EUC-KR, that is ASCII and KS X
// 1001, without Microsoft's extension (CP949).
func Valid(s string) bool {
	for _, c := range s {
		switch {
		case c < utf8.RuneSelf:
		case c == utf8.RuneError, int(c) >= 8*len(table), table[c/8]&(1<<(c%8)) == 0:
			return false
		}
	}
	return true
}
