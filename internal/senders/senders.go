// Package senders finds out the address that sent a request, behind proxies that are
// named, and reports whether it is one of a list. It does not read the body.
package senders

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Filter allows requests of some senders. Its zero value allows no request.
type Filter struct {
	Allowed []netip.Prefix
	Proxies []netip.Prefix // whose X-Forwarded-For header is believed
}

// Allows reports whether the sender of r is allowed. A sender that is not certain is not
// allowed.
func (f Filter) Allows(r *http.Request) bool {
	sender, ok := f.sender(r)
	return ok && contains(f.Allowed, sender)
}

// sender returns the address of the connection. If that is a proxy, it returns the last
// address in X-Forwarded-For that is not a proxy: each proxy appends the address from
// which it got the request, and everything before may be invented.
func (f Filter) sender(r *http.Request) (netip.Addr, bool) {
	addr, ok := parse(r.RemoteAddr)
	if !ok || !contains(f.Proxies, addr) {
		return addr, ok
	}
	hops := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for _, hop := range slices.Backward(hops) {
		if addr, ok = parse(strings.TrimSpace(hop)); !ok || !contains(f.Proxies, addr) {
			return addr, ok
		}
	}
	return netip.Addr{}, false
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// parse reads an address with or without a port.
func parse(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		var both netip.AddrPort
		if both, err = netip.ParseAddrPort(text); err != nil {
			return netip.Addr{}, false
		}
		addr = both.Addr()
	}
	return addr.Unmap().WithZone(""), true
}
