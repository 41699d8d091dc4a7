package page

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/iamport-go/iamport/cmd/iamport-sandbox/internal/exchange"
)

// exchangeList is a list of requests and answers. Orders adds links to the orders of each.
type exchangeList struct {
	*view
	Rows   []exchange.Exchange
	Orders bool
}

// Pretty returns a JSON text on several lines, and any other text as it is.
func (exchangeList) Pretty(text string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(text), "", "  ") != nil {
		return text
	}
	return b.String()
}

// Took returns a period in milliseconds.
func (exchangeList) Took(d time.Duration) string { return number(float64(d)/1e6) + " ms" }

// Good reports whether a request was answered without an HTTP error.
func (exchangeList) Good(e exchange.Exchange) bool {
	return !e.Lost && e.Status < http.StatusBadRequest
}

// requests lists the requests to the API, those before the parameter before, the newest first.
func (p *Page) requests(v *view, r *http.Request) (screen, error) {
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	list, err := p.box.Exchanges(r.Context(), "", before, pageSize+1)
	if err != nil {
		return screen{}, err
	}
	older := ""
	if len(list) > pageSize {
		list = list[:pageSize]
		older = query("/_/page/requests", "before", strconv.FormatInt(list[pageSize-1].ID, 10))
	}
	return screen{"requests", struct {
		*view
		Exchanges exchangeList
		Older     string
		Newest    bool
	}{v, exchangeList{v, list, true}, older, before == 0}}, nil
}
