package iamport_test

import (
	"io"
	"iter"
	"net/http"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

// stub is a transport that signs in, answers everything else by a function, and
// keeps what was sent.
type stub struct {
	// answer gets the number of the request, counted from 1.
	answer func(n int, r *http.Request) (*http.Response, error)

	mu   sync.Mutex
	sent []sentRequest
}

type sentRequest struct{ method, uri, body string }

func (s *stub) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/users/getToken" {
		return httpmock.NewStringResponse(200, signInJSON), nil
	}
	request := sentRequest{method: r.Method, uri: r.URL.RequestURI()}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		request.body = string(body)
	}
	s.mu.Lock()
	s.sent = append(s.sent, request)
	n := len(s.sent)
	s.mu.Unlock()
	return s.answer(n, r)
}

// requests returns what was sent so far, sign-ins left out.
func (s *stub) requests() []sentRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent[:len(s.sent):len(s.sent)]
}

// always answers every request in one way.
func always(answer func(*http.Request) (*http.Response, error)) *stub {
	return &stub{answer: func(_ int, r *http.Request) (*http.Response, error) { return answer(r) }}
}

// response is the envelope of a success.
func response(body string) string { return `{"code":0,"message":null,"response":` + body + `}` }

// collect takes all items of a walk up to its error.
func collect[T any](items iter.Seq2[T, error]) (list []T, err error) {
	for item, err := range items {
		if err != nil {
			return list, err
		}
		list = append(list, item)
	}
	return list, nil
}

// apiError asserts that err is an *Error and returns it.
func apiError(t *testing.T, err error) *iamport.Error {
	t.Helper()
	var api *iamport.Error
	require.ErrorAs(t, err, &api)
	return api
}

// outcomeUnknown asserts that err is an *OutcomeUnknownError and returns it.
func outcomeUnknown(t *testing.T, err error) *iamport.OutcomeUnknownError {
	t.Helper()
	var lost *iamport.OutcomeUnknownError
	require.ErrorAs(t, err, &lost)
	require.NotErrorIs(t, err, iamport.ErrNotCharged)
	return lost
}
