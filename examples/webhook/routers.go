package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v4"
)

// path is that of the webhook URL in the console of iamport.
const path = "/iamport/webhook"

// routers serve the webhook handler at path. No middleware may read the body before it, and
// none may demand a login or a CSRF token.
var routers = []struct {
	name  string
	serve func(hook http.Handler) http.Handler
}{
	{"net/http", withNetHTTP},
	{"chi", withChi},
	{"gin", withGin},
	{"echo", withEcho},
}

func withNetHTTP(hook http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+path, hook)
	return mux
}

func withChi(hook http.Handler) http.Handler {
	r := chi.NewRouter()
	r.Method(http.MethodPost, path, hook)
	return r
}

func withGin(hook http.Handler) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.POST(path, gin.WrapH(hook))
	return r
}

func withEcho(hook http.Handler) http.Handler {
	e := echo.New()
	e.POST(path, echo.WrapHandler(hook))
	return e
}
