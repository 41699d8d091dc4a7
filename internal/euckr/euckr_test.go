package euckr_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/korean"

	"github.com/iamport-go/iamport/internal/euckr"
)

func TestValid(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":            true,
		"monthly fee": true,
		"~ \\ !":      true,
		"정기결제 3월분":    true,
		"가힝":          true, // the first and the last syllable
		"漢字":          true,
		"①㈜":          true,
		"전화·인터넷":      true,  // the first row
		"똠방각하":        false, // CP949 only
		"가 펲":         false,
		"한글 😀":        false,
		"é":           false,
		"中国":          false, // a simplified form
		"\xff":        false,
	} {
		require.Equal(t, want, euckr.Valid(text), "%q", text)
	}
}

// The table agrees with golang.org/x/text about every character.
func TestTable(t *testing.T) {
	t.Parallel()
	characters := 0
	for c := rune(0); c <= utf8.MaxRune; c++ {
		if !utf8.ValidRune(c) {
			continue
		}
		encoded, err := korean.EUCKR.NewEncoder().String(string(c))
		strict := err == nil && (len(encoded) == 1 || len(encoded) == 2 && encoded[0] >= 0xA1 && encoded[1] >= 0xA1)
		require.Equal(t, strict, euckr.Valid(string(c)), "%U", c)
		if strict {
			characters++
		}
	}
	require.Equal(t, 128+8226, characters) // ASCII, KS X 1001 and the euro and registered signs
}
