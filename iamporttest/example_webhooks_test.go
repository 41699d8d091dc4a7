package iamporttest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// A handler trusts nothing in a webhook and asks the API. The first webhook is lost, and a stranger sends another.
func ExampleWithWebhooks() {
	var client *iamport.Client
	srv := iamporttest.NewServer(iamporttest.WithCustomers("customer_1"),
		iamporttest.WithWebhooks(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var event struct {
				ImpUID string `json:"imp_uid"`
			}
			if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
				http.Error(w, "no JSON", http.StatusBadRequest)
				return
			}
			payment, err := client.GetPayment(r.Context(), event.ImpUID)
			if err != nil {
				http.Error(w, "no such payment", http.StatusBadRequest)
				return
			}
			fmt.Println(payment.MerchantUID, payment.Status, payment.Amount)
		})))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(srv.Client()))
	if err != nil {
		fmt.Println(err)
		return
	}

	srv.InjectWebhooks("order_1", iamporttest.WebhookFault{Drop: true})
	for _, order := range []string{"order_1", "order_2"} {
		if _, err := client.Again(context.Background(), iamport.AgainRequest{
			CustomerUID: "customer_1", MerchantUID: order, Amount: iamport.KRW(9900), Name: "July",
		}); err != nil {
			fmt.Println(err)
			return
		}
	}
	srv.SendWebhook(iamporttest.WebhookBody{ImpUID: "imp_1", MerchantUID: "order_3", Status: "paid"})
	if err := srv.WaitWebhooks(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range srv.Webhooks() {
		fmt.Println(w.MerchantUID, w.Status, len(w.Attempts))
	}
	// Output:
	// order_2 paid 9900
	// order_1 paid 0
	// order_2 paid 1
	// order_3 paid 1
}
