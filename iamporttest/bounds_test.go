package iamporttest_test

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport/iamporttest"
)

// spaces is an endless body that counts the bytes read.
type spaces struct{ read int }

func (s *spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	s.read += len(p)
	return len(p), nil
}

func TestBodyIsReadToAMebibyte(t *testing.T) {
	t.Parallel()
	s := open(t)
	body := new(spaces)
	r := s.request("POST", "/subscribe/payments/again", "{}")
	r.Body, r.ContentLength = io.NopCloser(body), -1
	answer, err := s.send(r)
	require.NoError(t, err)
	require.Equal(t, http.StatusBadRequest, answer.status)
	require.Contains(t, answer.raw, "longer than 1048576 bytes")
	require.LessOrEqual(t, body.read, 1<<20+64<<10)
}

func TestLongURLIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	before := len(s.srv.Requests())
	for length, refused := range map[int]bool{60 << 10: false, 70 << 10: true} {
		for _, path := range []string{"/payments/" + strings.Repeat("a", length), "/payments/imps_1?a=" + strings.Repeat("a", length)} {
			answer, err := s.send(s.request("GET", path, ""))
			require.NoError(t, err)
			require.Equal(t, refused, answer.status == http.StatusRequestURITooLong, length)
		}
	}
	require.Len(t, s.srv.Requests(), before+2, "it is not in the books")
}

// PHP leaves out a parameter that is nested deeper than 64 levels.
func TestDeeplyNestedFormIsLeftOut(t *testing.T) { // not parallel: it counts what the process allocates
	s := open(t)
	s.register("c", anyCard).okay()
	for levels, kept := range map[int]bool{64: true, 65: false, 300_000: false} {
		order := fmt.Sprint("order-", levels)
		r := s.request("POST", "/subscribe/payments/again",
			"customer_uid=c&amount=1&merchant_uid="+order+"&custom_data"+strings.Repeat("[a]", levels)+"=1")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		answer, err := s.send(r)
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		require.Equal(t, 200, answer.status)
		require.Equal(t, kept, strings.Contains(answer.raw, `{\"a\":`), answer.raw)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
	}
}

func TestBooksKeepTheNewestRequests(t *testing.T) {
	t.Parallel()
	srv := iamporttest.NewServer()
	hc := srv.Client()
	const sent = 100_000 + 2
	for i := range sent {
		r, err := http.NewRequestWithContext(t.Context(), "GET", fmt.Sprint("http://x/", i), nil)
		require.NoError(t, err)
		resp, err := hc.Do(r)
		require.NoError(t, err)
		_ = resp.Body.Close()
	}
	kept := srv.Requests()
	require.Len(t, kept, 50_002)
	for i, r := range kept {
		require.Equal(t, fmt.Sprint("/", sent-len(kept)+i), r.Path)
		require.Equal(t, 404, r.Status)
	}
}
