package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// newTransport returns the transport of both sides. certificate is that of the server, nil for
// HTTP/1.1 without TLS.
func newTransport(certificate *x509.Certificate) *http.Transport {
	t := &http.Transport{
		Proxy: nil, ForceAttemptHTTP2: certificate != nil, MaxIdleConnsPerHost: 100, IdleConnTimeout: 90 * time.Second,
	}
	if certificate != nil {
		roots := x509.NewCertPool()
		roots.AddCert(certificate)
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	}
	return t
}

// byHand makes the calls as a merchant writes them without the package: it sends the same bytes,
// and reads the fields that it needs.
type byHand struct {
	client *http.Client
	base   string
}

func newByHand(base string, transport http.RoundTripper) byHand {
	return byHand{&http.Client{Transport: transport, Timeout: 60 * time.Second}, base}
}

// The User-Agent headers are as long as those of the package.
const (
	plainAgent  = "iamport-go/0.1.0"
	chargeAgent = "iamport-go/0.1.0 (abcdefghijklmnopqrstuvwxyz)"
)

// record holds the fields of a payment or billing key that a merchant reads.
type record struct {
	ImpUID      string `json:"imp_uid"`
	MerchantUID string `json:"merchant_uid"`
	Status      string `json:"status"`
	Amount      int64  `json:"amount"`
	Currency    string `json:"currency"`
	CustomerUID string `json:"customer_uid"`
}

type recordPage struct {
	Total, Previous, Next int
	List                  []record
}

type envelope[T any] struct {
	Code     int    `json:"code"`
	Message  string `json:"message"`
	Response T      `json:"response"`
}

func send[T any](ctx context.Context, h byHand, method, path, agent string, body any) (T, error) {
	var a envelope[T]
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return a.Response, err
		}
		reader = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, h.base+path, reader)
	if err != nil {
		return a.Response, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("User-Agent", agent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return a.Response, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return a.Response, err
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a.Response, err
	}
	if resp.StatusCode != http.StatusOK || a.Code != 0 {
		return a.Response, fmt.Errorf("%s %s: %d: %d %s", method, path, resp.StatusCode, a.Code, a.Message)
	}
	return a.Response, nil
}

// charged reports a charge that was not answered as paid.
func charged(r record, err error) error {
	if err == nil && r.Status != "paid" {
		return fmt.Errorf("the status is %q", r.Status)
	}
	return err
}

type againBody struct {
	CustomerUID string `json:"customer_uid"`
	MerchantUID string `json:"merchant_uid"`
	Amount      int64  `json:"amount"`
}

func (h byHand) again(ctx context.Context, order string) error {
	body := againBody{someCustomer, order, someAmount}
	return charged(send[record](ctx, h, http.MethodPost, "/subscribe/payments/again", chargeAgent, body))
}

type onetimeBody struct {
	MerchantUID string `json:"merchant_uid"`
	Amount      int64  `json:"amount"`
	CardNumber  string `json:"card_number"`
	Expiry      string `json:"expiry"`
	Birth       string `json:"birth"`
	Pwd2Digit   string `json:"pwd_2digit"`
}

func (h byHand) onetime(ctx context.Context, order string) error {
	body := onetimeBody{order, someAmount, card.Number, card.Expiry, card.Birth, card.Pwd2Digit}
	return charged(send[record](ctx, h, http.MethodPost, "/subscribe/payments/onetime", chargeAgent, body))
}

func (h byHand) getPayment(ctx context.Context, _ string) error {
	return charged(send[record](ctx, h, http.MethodGet, "/payments/"+somePayment, plainAgent, nil))
}

type customerBody struct {
	CardNumber string `json:"card_number"`
	Expiry     string `json:"expiry"`
	Birth      string `json:"birth"`
	Pwd2Digit  string `json:"pwd_2digit"`
}

func (h byHand) registerCustomer(ctx context.Context, _ string) error {
	body := customerBody{card.Number, card.Expiry, card.Birth, card.Pwd2Digit}
	r, err := send[record](ctx, h, http.MethodPost, "/subscribe/customers/"+someCustomer, plainAgent, body)
	if err == nil && r.CustomerUID != someCustomer {
		return fmt.Errorf("the billing key is %q", r.CustomerUID)
	}
	return err
}

// listPayments fetches a page of n payments.
func (h byHand) listPayments(ctx context.Context, n int) error {
	path := fmt.Sprintf("/payments/status/all?from=%d&limit=%d&page=1&to=%d", listFrom.Unix(), n, listTo.Unix()-1)
	p, err := send[recordPage](ctx, h, http.MethodGet, path, plainAgent, nil)
	if err == nil && len(p.List) != n {
		return fmt.Errorf("a page has %s payments", strconv.Itoa(len(p.List)))
	}
	return err
}
