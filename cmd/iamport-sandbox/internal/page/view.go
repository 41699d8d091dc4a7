package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"
)

//go:embed templates
var files embed.FS

// pages are the templates of the screens by name.
var pages = parsePages("overview", "payments", "order", "customers", "schedules", "webhooks", "requests", "faults",
	"clock", "error")

func parsePages(names ...string) map[string]*template.Template {
	all := map[string]*template.Template{}
	for _, name := range names {
		all[name] = template.Must(template.ParseFS(files, "templates/base.html", "templates/parts.html",
			"templates/"+name+".html"))
	}
	return all
}

// seoul is the time zone of all times of the page. Korea has no summer time.
var seoul = time.FixedZone("KST", 9*60*60)

// view is what every screen has. The templates call its methods.
type view struct {
	Lang    lang
	Section string // the entry of the navigation
	Token   string
	Now     time.Time
	Speed   float64
	Webhook string
	// Done is the code of the message after a form, Problem why a form was refused, and Entered its values.
	Done, Problem string
	Entered       url.Values
	here          *url.URL
}

func (p *Page) view(w http.ResponseWriter, r *http.Request, section string) *view {
	return &view{Lang: choose(w, r), Section: section, Token: p.token(w, r), Now: p.box.Clock.Now(),
		Speed: p.box.Clock.Speed(), Webhook: p.webhook, here: r.URL}
}

// write sends a screen.
func (v *view) write(w http.ResponseWriter, status int, s screen) {
	var b bytes.Buffer
	if err := pages[s.name].ExecuteTemplate(&b, "base", s.data); err != nil {
		http.Error(w, "the page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.Lang.String())
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // The connection is lost.
}

// T returns a text in the language of the page, formatted with args if there are any.
func (v *view) T(key string, args ...any) (string, error) {
	text, found := texts[key]
	if !found {
		return "", fmt.Errorf("no text %q", key)
	}
	if len(args) == 0 {
		return text[v.Lang], nil
	}
	return fmt.Sprintf(text[v.Lang], args...), nil
}

// Word returns the text of a value such as a status. A value without a text is its own.
func (v *view) Word(kind, value string) string {
	if text, found := texts[kind+"."+value]; found {
		return text[v.Lang]
	}
	return value
}

// Message is the text of Done, "" if there is none.
func (v *view) Message() string {
	if v.Done == "" || texts["done."+v.Done] == [2]string{} {
		return ""
	}
	return texts["done."+v.Done][v.Lang]
}

// Class returns a class for a status.
func (v *view) Class(status string) string {
	switch status {
	case "paid", "executed":
		return "good"
	case "failed":
		return "bad"
	case "ready", "scheduled":
		return "open"
	}
	return "plain"
}

// Title is the heading of the section.
func (v *view) Title() string { return v.Word("nav", v.Section) }

// Sections are the entries of the navigation.
func (v *view) Sections() []section {
	return []section{{"overview", "/"}, {"payments", "/_/page/payments"}, {"customers", "/_/page/customers"},
		{"schedules", "/_/page/schedules"}, {"webhooks", "/_/page/webhooks"}, {"requests", "/_/page/requests"},
		{"faults", "/_/page/faults"}, {"clock", "/_/page/clock"}}
}

type section struct{ Key, Href string }

// In returns the address of this page in another language.
func (v *view) In(tag string) string { return v.with("lang", tag) }

// with returns the address of this page with another value of one parameter.
func (v *view) with(name, value string) string {
	q := v.here.Query()
	q.Del("done")
	q.Set(name, value)
	return v.here.EscapedPath() + "?" + q.Encode()
}

// Time returns a time in Korea to the second, "–" if there is none.
func (v *view) Time(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(seoul).Format(time.DateTime)
}

// Clock returns the time of day in Korea.
func (v *view) Clock(t time.Time) string { return t.In(seoul).Format("15:04") }

// ISO returns a time for the attribute datetime.
func (v *view) ISO(t time.Time) string { return t.In(seoul).Format(time.RFC3339) }

// Month returns the name of a month.
func (v *view) Month(t time.Time) string {
	if v.Lang == korean {
		return t.Format("2006년 1월")
	}
	return t.Format("January 2006")
}

// Money returns an amount with commas between thousands, such as "3,000 KRW".
func (v *view) Money(amount, currency string) string {
	whole, rest, found := strings.Cut(amount, ".")
	if found {
		rest = "." + rest
	}
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return strings.TrimSpace(whole + rest + " " + currency)
}

// Order returns the address of the page of an order.
func (v *view) Order(merchantUID string) string {
	return query("/_/page/order", "merchant_uid", merchantUID)
}

// OfCustomer returns the address of the payments of a customer.
func (v *view) OfCustomer(customerUID string) string {
	return query("/_/page/payments", "customer", customerUID)
}

// query returns an address with parameters, given as names and values.
func query(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return path + "?" + q.Encode()
}
