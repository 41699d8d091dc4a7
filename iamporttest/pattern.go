package iamporttest

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// pattern is a parsed pattern of Inject; rest: any further segments match.
type pattern struct {
	method   string
	segments []string
	rest     bool
}

// Pattern is a parsed pattern, for a function of [Server.InjectFunc].
type Pattern struct{ pattern pattern }

// Pattern parses a pattern of [Server.Inject]. It returns an error where Inject panics: if the pattern matches no
// operation, or if one of the faults needs an operation that charges and none of them does.
func (s *Server) Pattern(text string, faults ...Fault) (Pattern, error) {
	p, err := parsePattern(text)
	if err != nil {
		return Pattern{}, err
	}
	covered, charges := false, false
	for _, r := range s.routes {
		if p.covers(r) {
			covered, charges = true, charges || r.charges
		}
	}
	if !covered {
		return Pattern{}, errors.New("the server has no such operation")
	}
	for _, f := range faults {
		if name := f.effect.ofCharge(); name != "" && !charges {
			return Pattern{}, fmt.Errorf("%s on an operation that charges nothing", name)
		}
	}
	return Pattern{p}, nil
}

// Matches reports whether the server uses a fault with the pattern p for r.
func (s *Server) Matches(p Pattern, r *http.Request) bool {
	return p.pattern.matches(r.Method, s.route(r).path)
}

func parsePattern(text string) (pattern, error) {
	var p pattern
	path := text
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		p.method, path = text[:i], strings.TrimLeft(text[i:], " \t")
	}
	if !strings.HasPrefix(path, "/") {
		return p, errors.New("the path must begin with a slash")
	}
	segments := strings.Split(path[1:], "/")
	for i, escaped := range segments {
		segment, err := url.PathUnescape(escaped)
		if err != nil {
			return p, err
		}
		name, is := wildcard(segment)
		last := i == len(segments)-1
		switch {
		case is && name == "$" && last:
		case segment == "" && last, is && strings.HasSuffix(name, "...") && last:
			p.rest = true
		case segment == "":
			return p, errors.New("the path has an empty segment")
		default:
			p.segments = append(p.segments, segment)
		}
	}
	return p, nil
}

// matches reports whether the pattern matches a request with these unescaped segments.
func (p pattern) matches(method string, path []string) bool {
	if p.method != "" && p.method != method || len(path) < len(p.segments) || !p.rest && len(path) > len(p.segments) {
		return false
	}
	return fits(p.segments, path[:len(p.segments)])
}

// covers reports whether the pattern matches any request to r.
func (p pattern) covers(r route) bool {
	path := slices.Clone(r.segments)
	for i, segment := range path {
		if _, is := wildcard(segment); is && i < len(p.segments) {
			path[i] = p.segments[i]
		}
	}
	return p.matches(r.method, path)
}

// String returns the pattern as Inject takes it.
func (p pattern) String() string {
	text := "/" + strings.Join(p.segments, "/")
	if p.rest {
		text += "/"
	}
	return strings.TrimPrefix(p.method+" "+text, " ")
}
