package euckr_test

import (
	"testing"

	"github.com/stretchr/testify/require"

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
