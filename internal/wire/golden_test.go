package wire_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// golden is a file of testdata: the request line, its JSON body if it has
// one, a line of three hyphens, the status and the body of the answer.
type golden struct {
	method, target, body string
	status               int
	answer               string
}

func readGolden(t testing.TB, name string) golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".http"))
	require.NoError(t, err)
	request, answer, ok := strings.Cut(string(data), "---\n")
	require.True(t, ok, "no --- in %s", name)
	line, body, _ := strings.Cut(request, "\n")
	method, target, _ := strings.Cut(line, " ")
	status, answer, _ := strings.Cut(answer, "\n")
	code, err := strconv.Atoi(status)
	require.NoError(t, err)
	return golden{method: method, target: target, body: body, status: code, answer: strings.TrimSpace(answer)}
}

// transport returns the answer of the file and compares the request with the file,
// byte by byte of every value.
func (g golden) transport(t *testing.T) http.RoundTripper {
	return clienttest.Transport(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/users/getToken" {
			return httpmock.NewStringResponse(200, clienttest.SignInJSON), nil
		}
		require.Equal(t, g.method, r.Method)
		require.Equal(t, "api.iamport.kr", r.URL.Host)
		require.Equal(t, g.target, r.URL.RequestURI())
		require.Equal(t, "Bearer a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1", r.Header.Get("Authorization"))
		// A charge has its mark, and no other call has a bracket.
		userAgent := "iamport-go/" + iamport.Version
		if strings.HasSuffix(r.URL.Path, "/onetime") || strings.HasSuffix(r.URL.Path, "/again") {
			userAgent += " (wire-1)"
		}
		require.Equal(t, userAgent, r.Header.Get("User-Agent"))
		require.Nil(t, r.GetBody)
		switch {
		case g.body == "" && r.Method == http.MethodGet:
			require.Nil(t, r.Body)
		case g.body == "": // an empty body that net/http cannot send again
			require.NotNil(t, r.Body)
			require.NotEqual(t, http.NoBody, r.Body)
			sent, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Empty(t, sent)
			require.Empty(t, r.Header.Get("Content-Type"))
		default:
			require.Equal(t, "application/json", r.Header.Get("Content-Type"))
			sent, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			require.Equal(t, int64(len(sent)), r.ContentLength)
			require.Equal(t, sortedJSON(t, g.body), sortedJSON(t, string(sent)))
		}
		return httpmock.NewStringResponse(g.status, g.answer), nil
	})
}

// sortedJSON normalizes JSON text without changing its numbers.
func sortedJSON(t *testing.T, text string) string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	require.NoError(t, decoder.Decode(&v))
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(v))
	return out.String()
}

// wireTest sends one call through a golden file.
func wireTest[T any](t *testing.T, name string, do func(context.Context, *iamport.Client) (T, error), opts ...iamport.Option) T {
	t.Helper()
	client := clienttest.NewClient(t, readGolden(t, name).transport(t), opts...)
	got, err := do(iamport.WithAttempt(t.Context(), "wire-1"), client)
	require.NoError(t, err)
	return got
}
