package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/riverqueue/river"
	"riverqueue.com/riverui"
)

// page is River's own page: jobs, their arguments and errors, queues, pauses.
type page struct {
	url    string
	server *http.Server
	end    context.CancelFunc
}

// startPage serves the page. Everybody who can reach it can stop the billing, so the address is a loopback
// address, and pages of other sites that are open in the browser are refused.
func startPage[TTx any](ctx context.Context, jobs *river.Client[TTx], address string, log *slog.Logger) (*page, error) {
	handler, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(jobs, nil), Logger: log})
	if err != nil {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	if err := handler.Start(running); err != nil {
		end()
		return nil, err
	}
	p := &page{"http://" + listener.Addr().String() + "/", &http.Server{
		Handler: sameSite(handler), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}, end}
	go func() { _ = p.server.Serve(listener) }() // ends with stop
	return p, nil
}

// sameSite refuses requests of pages of other sites, and requests for other host names, which a site may
// have led to this machine.
func sameSite(h http.Handler) http.Handler {
	h = http.NewCrossOriginProtection().Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if host, _, err := net.SplitHostPort(r.Host); err != nil || host != "localhost" && !isLoopback(r.Host) {
			http.Error(w, "not this host", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func (p *page) stop() {
	_ = p.server.Close()
	p.end()
}
