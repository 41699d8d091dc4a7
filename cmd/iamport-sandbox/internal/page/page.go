// Package page serves the web page of the sandbox: server-rendered HTML that works without JavaScript, in English and
// Korean.
package page

import (
	"embed"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/sandbox"
)

//go:embed static
var static embed.FS

const (
	// maxForm is how long the body of a form may be, in bytes.
	maxForm = 64 << 10
	// maxLoaded is how many payments, customers and schedules a list searches, the newest.
	maxLoaded = 10_000
	// pageSize is how many rows a list shows at once.
	pageSize = 50
)

// policy forbids everything that is not of this origin, and all inline scripts and styles.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Page is the web page. It answers GET / and all below /_/page/.
type Page struct {
	box     *sandbox.Sandbox
	webhook string // the URL of the shop, "" if the sandbox sends no webhooks
	key     []byte // of the tokens of forms
	mux     *http.ServeMux
	closing chan struct{}
	close   func()
}

// New returns the page of box. webhook is the webhook URL of the shop, "" if the sandbox sends no webhooks.
func New(box *sandbox.Sandbox, webhook string) *Page {
	p := &Page{box: box, webhook: webhook, key: random(32), mux: http.NewServeMux(),
		closing: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closing) })
	p.get("/{$}", "overview", p.overview)
	p.get("/_/page/payments", "payments", p.payments)
	p.get("/_/page/order", "payments", p.order)
	p.get("/_/page/customers", "customers", p.customers)
	p.get("/_/page/schedules", "schedules", p.schedules)
	p.get("/_/page/webhooks", "webhooks", p.webhooks)
	p.get("/_/page/requests", "requests", p.requests)
	p.get("/_/page/faults", "faults", p.faults)
	p.get("/_/page/clock", "clock", p.clock)
	p.post("/_/page/customers", "customers", p.decline)
	p.post("/_/page/webhooks", "webhooks", p.send)
	p.post("/_/page/faults", "faults", p.changeFaults)
	p.post("/_/page/clock", "clock", p.jump)
	p.mux.HandleFunc("GET /_/page/events", p.events)
	files := http.StripPrefix("/_/page/", http.FileServerFS(static))
	for _, name := range []string{"app.js", "style.css", "icon.svg"} {
		p.mux.Handle("GET /_/page/static/"+name, files)
	}
	p.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { p.fail(w, r, errNotFound) })
	return p
}

// Close ends the answers that wait for changes, so that the server can stop.
func (p *Page) Close() { p.close() }

// ServeHTTP implements [http.Handler].
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	p.mux.ServeHTTP(w, r)
}

// screen is what a page shows: a template and its data.
type screen struct {
	name string
	data any
}

// get registers a page. Without an error, it is the screen that f returns.
func (p *Page) get(path, section string, f func(*view, *http.Request) (screen, error)) {
	p.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		v := p.view(w, r, section)
		v.Done = r.URL.Query().Get("done")
		s, err := f(v, r)
		if err != nil {
			p.fail(w, r, err)
			return
		}
		v.write(w, http.StatusOK, s)
	})
}

// problem is an error that the page shows beside the form that has caused it.
type problem struct{ error }

// post registers a form. f changes something and returns the code of the message that the page then shows. A [problem]
// shows the page of the same path again.
func (p *Page) post(path, section string, f func(*http.Request) (done string, err error)) {
	p.mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		if !p.checkToken(r) {
			p.fail(w, r, errToken)
			return
		}
		done, err := f(r)
		if wrong, is := errors.AsType[problem](err); is {
			p.again(w, r, path, section, wrong)
			return
		}
		if err != nil {
			p.fail(w, r, err)
			return
		}
		p.box.Changes.Notify()
		http.Redirect(w, r, back(path, r.PostFormValue("back"), done), http.StatusSeeOther)
	})
}

// again shows the page of a form that was refused, with what was entered.
func (p *Page) again(w http.ResponseWriter, r *http.Request, path, section string, wrong problem) {
	v := p.view(w, r, section)
	v.Problem, v.Entered = wrong.Error(), r.PostForm
	show := map[string]func(*view, *http.Request) (screen, error){"/_/page/customers": p.customers,
		"/_/page/webhooks": p.webhooks, "/_/page/faults": p.faults, "/_/page/clock": p.clock}[path]
	s, err := show(v, r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	v.write(w, http.StatusUnprocessableEntity, s)
}

// failure is an error that has a page of its own. Its text is a key of the texts.
type failure struct {
	status int
	key    string
}

func (f failure) Error() string { return f.key }

var (
	errNotFound = failure{http.StatusNotFound, "error.notfound"}
	errToken    = failure{http.StatusForbidden, "error.token"}
	errSave     = failure{http.StatusInternalServerError, "error.save"}
	errRead     = failure{http.StatusInternalServerError, "error.read"}
)

// fail answers with an error.
func (p *Page) fail(w http.ResponseWriter, r *http.Request, err error) {
	f, is := errors.AsType[failure](err)
	if !is {
		f = errRead
	}
	v := p.view(w, r, "")
	v.write(w, f.status, screen{"error", struct {
		*view
		Status int
		Key    string
	}{v, f.status, f.key}})
}

// back is the address after a form: the page of the form, or the order page that had it.
func back(path, order, done string) string {
	if order != "" {
		return query("/_/page/order", "merchant_uid", order, "done", done)
	}
	return query(path, "done", done)
}

// hasControl reports whether text has control characters, which no identifier has.
func hasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}
