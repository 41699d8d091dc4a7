package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/iamport-go/iamport"
)

var (
	card     = iamport.Card{Number: "1234-1234-1234-1234", Expiry: "2030-12", Birth: "820213", Pwd2Digit: "00"}
	listFrom = time.Unix(1_700_000_000, 0)
	listTo   = listFrom.Add(24 * time.Hour)
)

// withPackage makes the calls with the package.
type withPackage struct{ client *iamport.Client }

func newWithPackage(base string, transport http.RoundTripper, opts ...iamport.Option) (withPackage, error) {
	if base != "" {
		opts = append(opts, iamport.WithBaseURL(base))
	}
	if transport != nil {
		opts = append(opts, iamport.WithHTTPClient(&http.Client{Transport: transport}))
	}
	client, err := iamport.NewClient("key", "secret", opts...)
	return withPackage{client}, err
}

func (p withPackage) again(ctx context.Context, order string) error {
	_, err := p.client.Again(ctx, iamport.AgainRequest{
		CustomerUID: someCustomer, MerchantUID: order, Amount: iamport.KRW(someAmount),
	})
	return err
}

func (p withPackage) onetime(ctx context.Context, order string) error {
	_, err := p.client.Onetime(ctx, iamport.OnetimeRequest{MerchantUID: order, Amount: iamport.KRW(someAmount), Card: card})
	return err
}

func (p withPackage) getPayment(ctx context.Context, _ string) error {
	_, err := p.client.GetPayment(ctx, somePayment)
	return err
}

func (p withPackage) registerCustomer(ctx context.Context, _ string) error {
	_, err := p.client.RegisterCustomer(ctx, someCustomer, iamport.RegisterCustomerRequest{Card: card})
	return err
}

// listPayments fetches a page of n payments.
func (p withPackage) listPayments(ctx context.Context, n int) error {
	page, err := p.client.ListPayments(ctx, iamport.PaymentQuery{From: listFrom, To: listTo, PageSize: n}, 1)
	if err == nil && len(page.List) != n {
		return fmt.Errorf("a page has %d payments", len(page.List))
	}
	return err
}

// call is one call of the table, in both ways.
type call struct {
	name       string
	floor, own side
}

func calls(h byHand, p withPackage) []call {
	return []call{
		{"Again", h.again, p.again},
		{"Onetime", h.onetime, p.onetime},
		{"GetPayment", h.getPayment, p.getPayment},
		{"RegisterCustomer", h.registerCustomer, p.registerCustomer},
	}
}

// roundTripper is an http.RoundTripper made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var memoryHeader = http.Header{"Content-Type": {"application/json; charset=UTF-8"}}

// respond returns a response with a body of a known length.
func respond(r *http.Request, body io.ReadCloser, length int) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: memoryHeader, Request: r, Body: body, ContentLength: int64(length),
	}
}

// newMemory returns a transport that answers from memory, for one goroutine. It allocates nothing
// but the response.
func newMemory() http.RoundTripper {
	m := new(memory)
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		m.request = m.request[:0]
		for r.Body != nil {
			if len(m.request) == cap(m.request) {
				m.request = append(m.request, 0)[:len(m.request)]
			}
			n, err := r.Body.Read(m.request[len(m.request):cap(m.request)])
			m.request = m.request[:len(m.request)+n]
			if err == io.EOF {
				break
			} else if err != nil {
				return nil, err
			}
		}
		if r.URL.Path == "/users/getToken" {
			m.answer = append(m.answer[:0], signInText...)
		} else {
			m.answer = chargedText(m.answer[:0], m.request, r.UserAgent())
		}
		m.read = 0
		return respond(r, m, len(m.answer)), nil
	})
}

// memory is the body of the answer, and the buffers, which are used again.
type memory struct {
	request, answer []byte
	read            int
}

// Read reads the answer.
func (m *memory) Read(p []byte) (int, error) {
	if m.read == len(m.answer) {
		return 0, io.EOF
	}
	n := copy(p, m.answer[m.read:])
	m.read += n
	return n, nil
}

// Close does nothing.
func (m *memory) Close() error { return nil }
