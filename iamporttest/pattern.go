package iamporttest

import (
	"errors"
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
