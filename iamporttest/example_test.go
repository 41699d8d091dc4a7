package iamporttest_test

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/iamport-go/iamport/iamporttest"
)

// The answer to a sign-in is lost. Only the books show that a token was issued.
func ExampleServer_Inject() {
	srv := iamporttest.NewServer()
	srv.Inject("POST /users/getToken", iamporttest.LoseAfter(), iamporttest.Answer(503, "text/plain", "busy"))

	for range 3 {
		res, err := srv.Client().PostForm("https://api.iamport.kr/users/getToken",
			url.Values{"imp_key": {iamporttest.Key}, "imp_secret": {iamporttest.Secret}})
		if err != nil {
			fmt.Println("no answer")
			continue
		}
		_ = res.Body.Close()
		fmt.Println(http.StatusText(res.StatusCode))
	}
	fmt.Println(srv.SignIns(), "tokens handed out")
	// Output:
	// no answer
	// Service Unavailable
	// OK
	// 2 tokens handed out
}
