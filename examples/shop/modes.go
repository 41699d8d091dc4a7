package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// mode is what the program does: the values of its flags.
type mode struct {
	serve, file, sandbox string
	customers, months    int
}

// play does it.
func (m mode) play(ctx context.Context, stdout, stderr io.Writer) error {
	d := database{file: m.file}
	if m.file == "" {
		folder, err := os.MkdirTemp("", "shop-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder) //nolint:errcheck // It is in the folder of temporary files.
		d = database{filepath.Join(folder, "shop.db"), true}
	}
	switch {
	case m.sandbox != "":
		return m.onRemote(ctx, d, stdout, stderr)
	case m.serve != "":
		return m.onWeb(ctx, d, stdout, stderr)
	case m.customers > 0:
		return m.withCrowd(ctx, d, stdout)
	}
	return tellStory(ctx, d, stdout)
}

// tellStory plays the story of three customers.
func tellStory(ctx context.Context, d database, stdout io.Writer) error {
	sandbox := newSandbox(storyStart, "")
	log := slog.New(slog.DiscardHandler) // the story has lost answers, which the client warns of
	shop, err := sandbox.openShop(ctx, d, log, iamport.WithSettleWindow(300*time.Millisecond))
	if err != nil {
		return err
	}
	return errors.Join((&story{shop, sandbox, stdout}).tell(ctx), shop.close())
}

// withCrowd plays many customers on a sandbox inside the program.
func (m mode) withCrowd(ctx context.Context, d database, stdout io.Writer) error {
	sandbox := newSandbox(crowdStart, "")
	// The limits of the PG are not those of a sandbox.
	shop, err := sandbox.openShop(ctx, d, slog.New(slog.DiscardHandler),
		iamport.WithSettleWindow(5*time.Millisecond), iamport.WithRateLimit(1e6, 1000))
	if err != nil {
		return err
	}
	c := &crowd{shop: shop, world: newTrouble(shop, sandbox), start: crowdStart, customers: m.customers, months: m.months, out: stdout}
	return errors.Join(c.play(ctx), shop.close())
}

// onWeb serves the site with a sandbox inside the program.
func (m mode) onWeb(ctx context.Context, d database, stdout, stderr io.Writer) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", m.serve)
	if err != nil {
		return err
	}
	start := time.Now()
	sandbox := newSandbox(start, "http://"+listener.Addr().String()+webhookPath)
	shop, err := sandbox.openShop(ctx, d, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	_, _ = fmt.Fprintf(stdout, "Sandbox inside this program: no network, no money. http://%s/ and /admin; Ctrl-C ends it.\n", listener.Addr())
	forward := func(_ context.Context, days int) error { sandbox.forward(days); return nil }
	err = serve(ctx, listener, &site{shop: shop, forward: forward, since: start.Add(-time.Minute)})
	return errors.Join(err, shop.close())
}

// onRemote serves the site with a sandbox in another process, and plays many customers if
// there are some.
func (m mode) onRemote(ctx context.Context, d database, stdout, stderr io.Writer) error {
	box, err := openRemote(ctx, m.sandbox)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", m.serve)
	if err != nil {
		return err
	}
	a := account{key: iamporttest.Key, secret: iamporttest.Secret, http: box.http}
	shop, err := openShop(ctx, d, a, box.now, slog.New(slog.NewTextHandler(stderr, nil)), iamport.WithBaseURL(box.url))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	box.people = newPeople(shop)
	_, _ = fmt.Fprintf(stdout, "Sandbox at %s: no money. http://%s/ and /admin; Ctrl-C ends it.\n", box.url, listener.Addr())
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	played := make(chan error, 1)
	start := box.now()
	go func() {
		if m.customers == 0 {
			played <- nil
			return
		}
		defer stop() // ends the site
		c := &crowd{shop: shop, world: box, start: dateOf(start).Add(34 * time.Hour), customers: m.customers, months: m.months, out: stdout}
		played <- c.play(ctx)
	}()
	forward := func(ctx context.Context, days int) error { return box.moveTo(ctx, box.now().AddDate(0, 0, days)) }
	err = serve(ctx, listener, &site{shop: shop, forward: forward, since: start.Add(-time.Minute)})
	return errors.Join(err, <-played, shop.close())
}
