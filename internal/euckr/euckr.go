// Package euckr reports which texts can be written in EUC-KR. It does not depend on
// the gateway.
package euckr

import "golang.org/x/text/encoding/korean"

// Valid reports whether s can be written in strict EUC-KR, that is ASCII and KS X
// 1001. The encoder also writes Microsoft's extension (CP949), whose letters have a
// byte below 0xA1.
func Valid(s string) bool {
	encoded, err := korean.EUCKR.NewEncoder().String(s)
	if err != nil {
		return false
	}
	for i := 0; i < len(encoded); i++ {
		if encoded[i] < 0x80 {
			continue
		}
		if encoded[i] < 0xA1 || i+1 == len(encoded) || encoded[i+1] < 0xA1 {
			return false
		}
		i++
	}
	return true
}
