// Package exchange records the requests to the sandbox and their answers, without card data and secrets.
package exchange

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	maxBody   = 64 << 10 // longer bodies are not recorded
	maxRead   = 1<<20 + 1
	maxOrders = 20 // of one exchange
	maxHeader = 500
)

// Exchange is one request and its answer. Card numbers are masked, and the other card data, the key, the secret and
// tokens are hidden.
type Exchange struct {
	ID int64 `json:"id"`
	// At is the arrival, by the clock of the sandbox.
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	// Target is the path with the query.
	Target string `json:"target"`
	// Orders are each merchant_uid of the request and the answer, at most 20.
	Orders []string `json:"merchant_uids"`
	// Status is the HTTP status, 0 if the connection was lost before an answer.
	Status int `json:"status"`
	// Lost reports that the connection was lost, before the answer or within it.
	Lost bool `json:"lost"`
	// Took is how long the answer took, by the clock of the computer.
	Took time.Duration `json:"took_ns"`
	// Headers of the request: Content-Type, User-Agent and X-Request-Id.
	Headers map[string]string `json:"headers"`
	Request string            `json:"request"`
	Answer  string            `json:"answer"`
}

// Record returns a handler that passes requests on to next and calls keep with each exchange, after its answer was sent.
func Record(next http.Handler, now func() time.Time, keep func(Exchange)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, at := time.Now(), now()
		var sent []byte
		if r.Body != nil {
			sent, _ = io.ReadAll(io.LimitReader(r.Body, maxRead))
			r.Body = struct {
				io.Reader
				io.Closer
			}{io.MultiReader(bytes.NewReader(sent), r.Body), r.Body}
		}
		seen := &writer{ResponseWriter: w}
		finished := false
		defer func() {
			e := describe(r, sent, seen)
			e.At, e.Took, e.Lost = at, time.Since(start), !finished || seen.status == 0
			keep(e)
		}()
		next.ServeHTTP(seen, r)
		finished = true
	})
}

// writer copies what is written.
type writer struct {
	http.ResponseWriter
	status int
	size   int
	body   bytes.Buffer
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *writer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *writer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.size += len(p)
	if w.size <= maxBody {
		w.body.Write(p)
	}
	return w.ResponseWriter.Write(p)
}

func describe(r *http.Request, sent []byte, seen *writer) Exchange {
	m := new(masker)
	e := Exchange{Method: r.Method, Status: seen.status, Headers: map[string]string{}}
	e.Request = m.body(r.Header.Get("Content-Type"), sent, len(sent))
	path, query := r.URL.EscapedPath(), r.URL.RawQuery
	m.orders = append(m.orders, orderIn(path)...)
	e.Target = m.text("", path)
	if query != "" {
		shown, err := m.form(query)
		if err != nil {
			shown = hidden
		}
		e.Target += "?" + shown
	}
	e.Answer = m.answer(seen.Header().Get("Content-Type"), seen.body.Bytes(), seen.size)
	if strings.HasPrefix(seen.Header().Get("Content-Type"), "text/html") {
		e.Answer = "(HTML)"
	}
	for _, name := range []string{"Content-Type", "User-Agent", "X-Request-Id"} {
		if value := r.Header.Get(name); value != "" {
			e.Headers[name] = m.text("", value[:min(len(value), maxHeader)])
		}
	}
	slices.Sort(m.orders)
	e.Orders = slices.Compact(m.orders)
	return e
}

// orderIn returns the merchant_uid in the path of an operation that has one.
func orderIn(path string) []string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, part := range parts[:len(parts)-1] {
		switch part {
		case "find", "findAll", "prepare", "schedule":
			if uid, err := url.PathUnescape(parts[i+1]); err == nil && uid != "customers" {
				return []string{uid}
			}
		}
	}
	return nil
}
