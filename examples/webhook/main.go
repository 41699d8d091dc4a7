// Webhook serves the webhook handler with net/http, chi, gin and echo, and lets a sandbox
// inside the program send it the webhooks of a charge.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

func main() {
	log.SetFlags(0)
	flag.Usage = func() {
		_, _ = fmt.Fprint(flag.CommandLine.Output(), "Webhook receives the webhooks of a sandbox inside this program, with net/http, chi, gin and echo.\n")
	}
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatal("webhook takes no arguments")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, router := range routers {
		if err := run(ctx, router.name, router.serve); err != nil {
			log.Fatalf("%s: %v", router.name, err)
		}
	}
}

// run charges one order, and waits for its webhooks: the true one, which comes twice, and a
// forged one.
func run(ctx context.Context, name string, serve func(http.Handler) http.Handler) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	sandbox := iamporttest.NewServer(
		iamporttest.WithCustomers("customer_1"),
		iamporttest.WithWebhookURL("http://"+listener.Addr().String()+path),
	)
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret, iamport.WithHTTPClient(sandbox.Client()))
	if err != nil {
		return err
	}

	shop := &orders{amount: map[string]iamport.Amount{"order_1": iamport.KRW(3000)}, seen: make(map[state]bool)}
	forged := make(chan string, 10)
	hook := client.WebhookHandler(shop.handle, iamport.WithForged(func(_ context.Context, f iamport.Forgery) {
		forged <- f.Event.ImpUID
	}))
	server := &http.Server{Handler: serve(hook), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()

	payment, err := client.Again(ctx, iamport.AgainRequest{
		CustomerUID: "customer_1", MerchantUID: "order_1", Amount: iamport.KRW(3000),
	})
	if err != nil {
		return err
	}
	sandbox.SendWebhook(iamporttest.WebhookBody{ImpUID: payment.ImpUID, MerchantUID: "order_1", Status: "paid"})
	sandbox.SendTestWebhook()
	if err := sandbox.WaitWebhooks(ctx); err != nil {
		return err
	}
	fmt.Printf("%-8s  paid: %v  forged: %s\n", name, shop.paid, <-forged)
	return nil
}
