package page

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
)

// tokenCookie holds a random text for each browser. Sandboxes at other ports of this computer share it.
const tokenCookie = "iamport_sandbox"

// token returns the token of the forms for the browser of r: a code of its cookie, under a key that is random for each
// start. A browser without a cookie gets one.
func (p *Page) token(w http.ResponseWriter, r *http.Request) string {
	c, err := r.Cookie(tokenCookie)
	if err != nil || len(c.Value) != 32 {
		c = cookie(tokenCookie, hex.EncodeToString(random(16)), 0)
		http.SetCookie(w, c)
		r.AddCookie(c)
	}
	return p.code(c.Value)
}

// checkToken reports whether the form of r has the token for the cookie of r.
func (p *Page) checkToken(r *http.Request) bool {
	c, err := r.Cookie(tokenCookie)
	return err == nil && hmac.Equal([]byte(p.code(c.Value)), []byte(r.PostFormValue("token")))
}

func (p *Page) code(value string) string {
	mac := hmac.New(sha256.New, p.key)
	_, _ = mac.Write([]byte(value)) // It never fails.
	return hex.EncodeToString(mac.Sum(nil))
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // It never fails.
	return b
}

// cookie returns a cookie that other sites cannot send. seconds 0 lasts until the browser closes.
func cookie(name, value string, seconds int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, //nolint:gosec // There is no TLS.
		SameSite: http.SameSiteStrictMode}
}
