package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/iamport-go/iamport"
)

// chargeTime bounds a request that may charge: an attempt of EnsurePaid takes at most
// three times the time-out of the client plus its settle window. A charge that is cut
// here is unknown, and the next run finds out.
const chargeTime = 3*iamport.DefaultTimeout + 20*time.Second

//go:embed pages
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"date": func(t iamport.Time) string { return t.In(seoul).Format("2 January 2006") },
	"won":  won,
	"renewal": func(id string) string {
		p, _ := planOf(id)
		return p.Renewal
	},
}).ParseFS(files, "pages/*.html"))

// won writes an amount with thousands separators, such as "9,900 won".
func won(a iamport.Amount) string {
	digits, sign := a.String(), ""
	if a.Sign() < 0 {
		digits, sign = digits[1:], "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits + " won"
}

// site is the web site of a shop.
type site struct {
	*shop
	// forward moves the clock of the sandbox.
	forward func(ctx context.Context, days int) error
	since   time.Time
}

func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /signup", s.postSignUp)
	mux.HandleFunc("GET /account", s.account)
	mux.HandleFunc("POST /account/card", s.change(func(ctx context.Context, c customer, r *http.Request) error {
		number, err := strconv.Atoi(r.PostFormValue("number"))
		if err != nil {
			return refusal("the form is not complete")
		}
		card, err := cardOf(r)
		if err != nil {
			return err
		}
		return s.changeCard(ctx, c, number, card)
	}))
	mux.HandleFunc("POST /account/upgrade", s.change(func(ctx context.Context, c customer, r *http.Request) error {
		to, ok := planOf(r.PostFormValue("plan"))
		if !ok {
			return refusal("no such plan")
		}
		return s.upgrade(ctx, c, to)
	}))
	mux.HandleFunc("POST /account/cancel", s.change(func(ctx context.Context, c customer, r *http.Request) error {
		return s.setCancel(ctx, c, r.PostFormValue("cancel") == "yes")
	}))
	mux.HandleFunc("GET /admin", s.admin)
	mux.HandleFunc("POST /admin/refund", s.postRefund)
	mux.HandleFunc("POST /admin/run", s.postRun)
	mux.Handle(webhookPath, s.webhook())
	mux.Handle("GET /pages/style.css", http.FileServerFS(files))
	return http.NewCrossOriginProtection().Handler(secure(mux))
}

// secure sets the headers of every page and bounds the body of every form.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		next.ServeHTTP(w, r)
	})
}

// charging returns the context for a request that may charge. It does not end when the
// browser is closed: that would not stop the charge, only hide its result.
func charging(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), chargeTime)
}

type homePage struct {
	Plans              []plan
	Key, Name, Problem string
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	if _, err := s.visitor(r); err == nil {
		http.Redirect(w, r, "/account", http.StatusSeeOther)
		return
	}
	s.show(w, http.StatusOK, "home.html", homePage{Plans: plans, Key: rand.Text()})
}

func (s *site) postSignUp(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := charging(r)
	defer cancel()
	page := homePage{Plans: plans, Key: r.PostFormValue("key"), Name: strings.TrimSpace(r.PostFormValue("name"))}
	p, ok := planOf(r.PostFormValue("plan"))
	if !ok || len(page.Key) != len(rand.Text()) || page.Name == "" || len([]rune(page.Name)) > 20 {
		page.Problem = "a plan and a name of at most 20 characters are needed"
		s.show(w, http.StatusUnprocessableEntity, "home.html", page)
		return
	}
	card, err := cardOf(r)
	if err == nil {
		_, err = s.signUp(ctx, page.Key, page.Name, p, card)
	}
	if refused, ok := errors.AsType[refusal](err); ok {
		page.Problem = refused.Error()
		s.show(w, http.StatusUnprocessableEntity, "home.html", page) // without the card
		return
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: "account", Value: page.Key, Path: "/", MaxAge: 400 * 24 * 60 * 60,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, "/account", http.StatusSeeOther)
}

// cardOf reads the card of a form.
func cardOf(r *http.Request) (iamport.Card, error) {
	expiry, err := iamport.ParseExpiry(r.PostFormValue("expiry"))
	if err != nil {
		return iamport.Card{}, refusal("the expiry must be MM/YY")
	}
	card := iamport.Card{
		Number: r.PostFormValue("card"), Expiry: expiry, Birth: r.PostFormValue("birth"), Pwd2Digit: r.PostFormValue("pwd"),
	}
	if err := card.Validate(); err != nil {
		return iamport.Card{}, refusal(err.Error())
	}
	return card, nil
}

// visitor returns the customer of the cookie.
func (s *site) visitor(r *http.Request) (customer, error) {
	cookie, err := r.Cookie("account")
	if err != nil {
		return customer{}, err
	}
	return one(customers(r.Context(), s.db, `key = ?`, cookie.Value))
}

type accountPage struct {
	Customer customer
	Plan     plan
	Upgrade  *plan
	Price    iamport.Amount
	NextCard int
	Booked   *order // the next renewal, if it is booked
	Orders   []order
	Problem  string
}

func (s *site) account(w http.ResponseWriter, r *http.Request) {
	if c, err := s.visitor(r); err != nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
	} else {
		s.showAccount(w, r, http.StatusOK, c.ID, "")
	}
}

func (s *site) showAccount(w http.ResponseWriter, r *http.Request, status int, id int64, problem string) {
	c, err := s.customer(r.Context(), id)
	if err != nil {
		s.fail(w, err)
		return
	}
	page := accountPage{Customer: c, NextCard: c.CardNumber + 1, Problem: problem}
	page.Plan, _ = planOf(c.Plan)
	if next, more := nextPlan(c.Plan); more && c.State == stateActive {
		page.Price, err = prorated(page.Plan, next, c.PeriodStart.Time, c.PeriodEnd.Time, dateOf(s.now()))
		if err == nil && page.Price.Sign() > 0 {
			page.Upgrade = &next
		}
	}
	if page.Orders, err = orders(r.Context(), s.db, `customer_id = ?`, c.ID); err != nil {
		s.fail(w, err)
		return
	}
	for _, o := range page.Orders {
		if o.State == orderBooked {
			page.Booked = &o
		}
	}
	s.show(w, status, "account.html", page)
}

// change handles a form of the account page.
func (s *site) change(do func(context.Context, customer, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := s.visitor(r)
		if errors.Is(err, http.ErrNoCookie) || errors.Is(err, sql.ErrNoRows) {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		ctx, cancel := charging(r)
		defer cancel()
		if err == nil {
			err = do(ctx, c, r)
		}
		if refused, ok := errors.AsType[refusal](err); ok {
			s.showAccount(w, r, http.StatusUnprocessableEntity, c.ID, refused.Error())
			return
		}
		if err != nil {
			s.fail(w, err)
			return
		}
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	}
}

// show writes a page.
func (s *site) show(w http.ResponseWriter, status int, name string, data any) {
	var page strings.Builder
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		s.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(page.String()))
}

// fail logs an error and shows a page that does not repeat it.
func (s *site) fail(w http.ResponseWriter, err error) {
	s.log.Error("request failed", "error", err)
	http.Error(w, "Something failed. No charge is lost: what is not known now is found out by the next run.", http.StatusInternalServerError)
}
