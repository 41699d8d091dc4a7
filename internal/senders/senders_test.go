package senders

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAllows(t *testing.T) {
	t.Parallel()
	f := Filter{
		Allowed: []netip.Prefix{netip.MustParsePrefix("52.78.100.19/32"), netip.MustParsePrefix("2001:db8::/32")},
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
	}
	for _, test := range []struct {
		remote  string
		forward []string
		allowed bool
	}{
		{remote: "52.78.100.19:4711", allowed: true},
		{remote: "[::ffff:52.78.100.19]:4711", allowed: true},
		{remote: "[2001:db8::1]:4711", allowed: true},
		{remote: "[2001:db8::1%eth0]:4711", allowed: true},
		{remote: "52.78.100.19", allowed: true},
		{remote: "52.78.100.20:4711"},
		{remote: ""},
		{remote: "@"},

		// A sender that is no proxy may write any header.
		{remote: "203.0.113.1:4711", forward: []string{"52.78.100.19"}},
		{remote: "52.78.100.19:4711", forward: []string{"203.0.113.1"}, allowed: true},

		// Behind a proxy the last address that is no proxy counts.
		{remote: "10.0.0.1:4711", forward: []string{"52.78.100.19"}, allowed: true},
		{remote: "[fd00::1]:4711", forward: []string{"[2001:db8::1]"}, allowed: true},
		{remote: "10.0.0.1:4711", forward: []string{"52.78.100.19:1234"}, allowed: true},
		{remote: "10.0.0.1:4711", forward: []string{"52.78.100.19, 10.0.0.2"}, allowed: true},
		{remote: "10.0.0.1:4711", forward: []string{"203.0.113.1, 52.78.100.19", "10.0.0.2"}, allowed: true},
		{remote: "10.0.0.1:4711", forward: []string{"52.78.100.19, 203.0.113.1"}},
		{remote: "10.0.0.1:4711", forward: []string{"52.78.100.19", "203.0.113.1"}},
		{remote: "10.0.0.1:4711", forward: []string{"52.78.100.19, unknown"}},
		{remote: "10.0.0.1:4711", forward: []string{"52.78.100.19,"}},
		{remote: "10.0.0.1:4711", forward: []string{"10.0.0.2"}},
		{remote: "10.0.0.1:4711"},
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.RemoteAddr = test.remote
		r.Header["X-Forwarded-For"] = test.forward
		require.Equal(t, test.allowed, f.Allows(r), "%s %q", test.remote, test.forward)
	}
	r := httptest.NewRequest("POST", "/", nil)
	r.RemoteAddr = "52.78.100.19:1"
	require.False(t, Filter{}.Allows(r))

	// An allowed proxy is not the sender.
	f = Filter{Allowed: f.Proxies, Proxies: f.Proxies}
	r.RemoteAddr = "10.0.0.1:1"
	require.False(t, f.Allows(r))
	r.Header["X-Forwarded-For"] = []string{"10.0.0.2"}
	require.False(t, f.Allows(r))
}
