package page

import (
	"net/http"
	"strconv"
	"strings"
)

// lang is a language of the page. It is the index of its texts.
type lang int

const (
	english lang = iota
	korean
)

const (
	langCookie = "iamport_sandbox_lang"
	langKept   = 365 * 24 * 60 * 60 // seconds
)

// String returns the tag of the language.
func (l lang) String() string { return [...]string{"en", "ko"}[l] }

// parseLang returns the language of a tag such as "ko" or "en-US".
func parseLang(tag string) (lang, bool) {
	primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	switch primary {
	case "en":
		return english, true
	case "ko":
		return korean, true
	}
	return english, false
}

// choose returns the language for r: that of the parameter lang, which a cookie keeps, of this cookie, or of
// Accept-Language. The default is English.
func choose(w http.ResponseWriter, r *http.Request) lang {
	if l, ok := parseLang(r.URL.Query().Get("lang")); ok {
		http.SetCookie(w, cookie(langCookie, l.String(), langKept))
		return l
	}
	if c, err := r.Cookie(langCookie); err == nil {
		if l, ok := parseLang(c.Value); ok {
			return l
		}
	}
	return accepted(r.Header.Get("Accept-Language"))
}

// accepted returns the language with the highest weight in an Accept-Language header, of equal ones the first.
func accepted(header string) lang {
	best, weight := english, 0.0
	for item := range strings.SplitSeq(header, ",") {
		tag, rest, _ := strings.Cut(item, ";")
		l, ok := parseLang(tag)
		if !ok {
			continue
		}
		q := 1.0
		if value, found := strings.CutPrefix(strings.TrimSpace(rest), "q="); found {
			q, _ = strconv.ParseFloat(value, 64) // 0 if it is no number
		}
		if q > weight {
			best, weight = l, q
		}
	}
	return best
}
