package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamporttest"
)

// sandbox is the iamport server inside this program. Its clock is also that of the shop.
type sandbox struct{ *iamporttest.Server }

func newSandbox(start time.Time) sandbox {
	return sandbox{iamporttest.NewServer(iamporttest.WithClockOffset(time.Until(start)))}
}

// setClock moves the clock to t, from where it goes on.
func (s sandbox) setClock(t time.Time) { s.SetClockOffset(time.Until(t)) }

// forward moves the clock by some days.
func (s sandbox) forward(days int) { s.setClock(s.Now().AddDate(0, 0, days)) }

// openShop opens a shop with an account at the sandbox. The sandbox starts without
// cards and payments, so the file must not have the customers of another one.
func (s sandbox) openShop(ctx context.Context, file string, log *slog.Logger, opts ...iamport.Option) (*shop, error) {
	a := account{key: iamporttest.Key, secret: iamporttest.Secret, http: s.Client()}
	shop, err := openShop(ctx, file, a, s.Now, log, opts...)
	if err != nil {
		return nil, err
	}
	if all, err := customers(ctx, shop.db, `TRUE`); err != nil || len(all) > 0 {
		return nil, errors.Join(err, errors.New("the file has customers already, and a new sandbox does not know their cards"), shop.close())
	}
	return shop, nil
}
