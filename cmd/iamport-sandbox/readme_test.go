package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/fault"
)

// Both READMEs have the same headings, code and tables, and they name every flag and every fault.
func TestReadmesAgree(t *testing.T) {
	t.Parallel()
	var shapes [2][]string
	for i, name := range []string{"README.md", "README.ko.md"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		code := false
		for line := range strings.Lines(string(text)) {
			switch {
			case strings.HasPrefix(line, "```"):
				code = !code
				shapes[i] = append(shapes[i], line)
			case code:
				line, _, _ = strings.Cut(line, " # ")
				shapes[i] = append(shapes[i], strings.TrimSpace(line))
			case strings.HasPrefix(line, "#"):
				shapes[i] = append(shapes[i], strings.Trim(line, " \n")[:strings.Index(line, " ")])
			case strings.HasPrefix(line, "|"):
				cells := regexp.MustCompile("`[^`]+`").FindAllString(strings.Split(line, "|")[1], -1)
				shapes[i] = append(shapes[i], strings.Join(cells, " "))
			}
		}
		var usage strings.Builder
		_, err = parseFlags([]string{"-h"}, &usage)
		require.Error(t, err)
		for _, flag := range regexp.MustCompile(`(?m)^  -[a-z-]+`).FindAllString(usage.String(), -1) {
			require.Contains(t, string(text), strings.TrimSpace(flag), name)
		}
		for _, kind := range regexp.MustCompile(`(?m)^  ([a-z-]+)`).FindAllStringSubmatch(fault.Grammar, -1) {
			require.Contains(t, string(text), "`"+kind[1], name)
		}
	}
	require.Equal(t, shapes[0], shapes[1])
}
