package simulation

import (
	"net/http"
	"strings"

	"github.com/iamport-go/iamport/iamporttest"
)

// signInFault draws the fault of a sign-in.
func (w *world) signInFault(d dice) (string, iamporttest.Fault) {
	f := draw(d, []weighted[planned]{
		{1, planned{name: "sign-in lost", fault: iamporttest.LoseAfter()}},
		{1, planned{name: "sign-in refused", fault: iamporttest.Answer(401, jsonType, unauthorized)}},
		{1, planned{name: "sign-in 502", fault: iamporttest.Answer(502, html, page)}},
		{2, planned{name: "sign-in slow", fault: iamporttest.Delay(d.upTo(w.timeout * 3 / 2))}},
	})
	return f.name, f.fault
}

// readFault draws the fault of a look-up. Some of the answers look like the API's
// "not found", but are not.
func (w *world) readFault(d dice, r *http.Request) (string, iamporttest.Fault) {
	answer := func(name string, status int, contentType, text string) planned {
		return planned{name: name, fault: iamporttest.Answer(status, contentType, text)}
	}
	list := []weighted[planned]{
		{1, planned{name: "look-up lost", fault: iamporttest.LoseAfter()}},
		{1, planned{name: "look-up cut", fault: iamporttest.CutAfter(d.IntN(900))}},
		{2, planned{name: "look-up slow", fault: iamporttest.Delay(d.upTo(w.timeout * 3 / 2))}},
		{1, answer("look-up 502", 502, html, page)},
		{1, answer("look-up 429", 429, jsonType, tooMany)},
		{1, answer("look-up 401 of a gateway", 401, html, page)},
		{1, answer("look-up 401 of the API", 401, jsonType, unauthorized)},
		{1, answer("look-up 404 page", 404, html, page)},
		{2, answer("look-up 404 of a gateway", 404, jsonType, pick(d, `{"code":5,"message":"Not Found"}`,
			`{"code":404,"message":"Not Found","response":{}}`, `{"message":"no route","response":null}`))},
		{1, answer("look-up refused with 200", 200, jsonType, words)},
		{1, answer("look-up null", 200, jsonType, nothing)},
	}
	if strings.HasPrefix(r.URL.Path, "/payments/findAll/") {
		list = append(list,
			weighted[planned]{3, answer("list without total", 200, jsonType,
				`{"code":0,"message":null,"response":{"list":[]}}`)},
			weighted[planned]{2, answer("list that is not whole", 200, jsonType,
				`{"code":0,"message":null,"response":{"total":1,"previous":0,"next":0,"list":[]}}`)})
	}
	f := draw(d, list)
	return f.name, f.fault
}
