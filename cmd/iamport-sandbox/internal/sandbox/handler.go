package sandbox

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/exchange"
)

// Handler serves the API at the root, the administration under /_/, and page at GET / and below /_/page/. Other web sites
// cannot make a browser send changes to it. On a loopback address, it answers only requests to a loopback name, so that
// another web site cannot read it by a name that resolves to this computer.
func (s *Sandbox) Handler(page http.Handler, loopback bool) http.Handler {
	api := exchange.Record(s.Server, s.Clock.Now, func(e exchange.Exchange) {
		s.store.Record(e)
		s.Changes.Notify()
	})
	own := http.NewServeMux()
	own.Handle("/_/", s.admin())
	own.Handle("/_/page/", page)
	own.Handle("GET /{$}", page)
	route := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case loopback && !isLoopback(r.Host):
			http.Error(w, "the Host of the request is not this computer", http.StatusMisdirectedRequest)
		case r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/_/"):
			own.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	})
	return http.NewCrossOriginProtection().Handler(route)
}

// isLoopback reports whether host, with or without a port, is a name of this computer.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
