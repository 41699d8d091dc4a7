package iamporttest

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The package comment and docs/test-cards.md, in both languages, list the test cards as the table has them.
func TestDocumentsListTheTestCards(t *testing.T) {
	t.Parallel()
	code := regexp.MustCompile(`\[[^]]+\]`)
	comment, english := "", ""
	var numbers, texts []string
	for _, c := range testCards {
		comment += "//	" + c.number + "   " + c.does
		switch found := code.FindString(c.text); {
		case found != "":
			comment += ": " + found
		case c.text != "":
			comment += ": a text without a code"
		}
		comment += "\n"
		text := ""
		if c.text != "" {
			text = "`" + c.text + "`"
		}
		english += "| `" + c.number + "` | " + c.does + " | " + text + " |\n"
		numbers, texts = append(numbers, c.number), append(texts, text)
	}
	require.Contains(t, file(t, "doc.go"), "//\n"+comment+"//\n")
	require.Contains(t, file(t, "../docs/test-cards.md"), "|---|---|---|\n"+english+"\n")
	row := regexp.MustCompile("(?m)^\\| `([-0-9]+)` \\| [^|]*[가-힣][^|]* \\| (.*?) ?\\|$")
	var koreanNumbers, koreanTexts []string
	for _, cells := range row.FindAllStringSubmatch(file(t, "../docs/test-cards.ko.md"), -1) {
		koreanNumbers, koreanTexts = append(koreanNumbers, cells[1]), append(koreanTexts, cells[2])
	}
	require.Equal(t, numbers, koreanNumbers)
	require.Equal(t, texts, koreanTexts)
}

func file(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(data)
}

// A test card is found by its last four digits, so these differ. Its check digit is right, so that a form accepts it.
func TestTestCardNumbers(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range testCards {
		require.Regexp(t, `^4000-0000-0000-0\d{3}$`, c.number)
		require.False(t, seen[c.number], c.number)
		seen[c.number] = true
		require.Zero(t, luhn(digits(c.number)), c.number)
	}
	require.NotZero(t, luhn(dummyCard))
	require.Empty(t, testNumber(dummyCard, "2030-12"))
	require.False(t, strings.HasPrefix(dummyCard, "4000"))
}

// luhn is 0 for a number whose check digit is right.
func luhn(number string) (sum int) {
	for i := range number {
		digit := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			digit = digit*2/10 + digit*2%10
		}
		sum += digit
	}
	return sum % 10
}
