package iamporttest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The time-outs that iamport publishes, and the time between retries.
const (
	webhookConnect = 10 * time.Second
	webhookRead    = 30 * time.Second
	webhookResend  = 15 * time.Second
	webhookPause   = time.Minute
)

// webhookSenders are the addresses from which iamport sends webhooks.
var webhookSenders = [...]string{"52.78.100.19", "52.78.48.223", "52.78.5.241"}

// post sends one request and returns the status of its answer.
func (s *Server) post(d *delivery, from string) (int, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, strings.NewReader(d.Body))
	if err != nil || r.URL.Host == "" {
		return 0, errors.New("not a URL")
	}
	r.GetBody = nil
	r.Header.Set("Content-Type", d.ContentType)
	r.Header.Set("User-Agent", "iamporttest")
	limit := webhookRead
	if d.resend {
		limit = webhookResend
	}
	if s.hooks.handler != nil {
		return serve(s.hooks.handler, r, from, limit)
	}
	return s.dial(r, limit)
}

// dial sends r over the network, to the host of the shop's URL or to a loopback address.
func (s *Server) dial(r *http.Request, limit time.Duration) (int, error) {
	shop, err := url.Parse(s.hooks.url)
	if err != nil || r.URL.Host != shop.Host && !isLoopback(r.URL.Hostname()) {
		return 0, errors.New("not sent: the host is neither that of WithWebhookURL nor a loopback address")
	}
	total := limit
	if limit == webhookRead {
		total += webhookConnect
	}
	ctx, cancel := context.WithTimeout(r.Context(), total)
	defer cancel()
	// No connection is kept, so that no goroutine is left.
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: webhookConnect}).DialContext,
		ResponseHeaderTimeout: limit, DisableKeepAlives: true}
	res, err := transport.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	return res.StatusCode, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// serve calls h with r as a server does, and waits for it no longer than limit.
func serve(h http.Handler, r *http.Request, from string, limit time.Duration) (int, error) {
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	defer cancel()
	r = r.WithContext(ctx)
	r.RemoteAddr, r.RequestURI = from, r.URL.RequestURI()
	r.URL = &url.URL{Path: cmp.Or(r.URL.Path, "/"), RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	w := &discard{header: http.Header{}}
	done := make(chan error, 1)
	go func() {
		err := errors.New("the handler ended its goroutine")
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("the handler panicked: %v", v)
			}
			done <- err
		}()
		h.ServeHTTP(w, r)
		err = nil
	}()
	select {
	case err := <-done:
		if err != nil {
			return 0, err
		}
		w.WriteHeader(http.StatusOK)
		return w.status, nil
	case <-ctx.Done():
		return 0, fmt.Errorf("no answer within %v", limit)
	}
}

// discard is a ResponseWriter that keeps only the status.
type discard struct {
	header http.Header
	status int
}

// Header is for [http.ResponseWriter].
func (w *discard) Header() http.Header { return w.header }

// WriteHeader is for [http.ResponseWriter].
func (w *discard) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
}

// Write is for [http.ResponseWriter].
func (w *discard) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(b), nil
}
