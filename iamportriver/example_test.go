package iamportriver_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	_ "modernc.org/sqlite"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/iamportriver"
	"github.com/iamport-go/iamport/iamporttest"
)

// Due bills the subscribers whose period is over and moves it on, and OnResult writes the
// ledger. Both use the transaction that they get.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	dir, err := os.MkdirTemp("", "billing")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "shop.db")+"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	file.SetMaxOpenConns(1)
	db := iamportriver.SQLite(file)
	if err := db.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	_, err = file.ExecContext(ctx, `
		CREATE TABLE subscribers (customer_uid TEXT PRIMARY KEY, won INTEGER, paid_until TEXT);
		INSERT INTO subscribers VALUES ('sub-41', 9900, '2026-11-30'), ('sub-42', 4900, '2026-12-24');
		CREATE TABLE ledger (merchant_uid TEXT PRIMARY KEY, won INTEGER)`)
	if err != nil {
		log.Fatal(err)
	}

	sandbox := iamporttest.NewServer(iamporttest.WithCustomers("sub-41", "sub-42"))
	client, err := iamport.NewClient(iamporttest.Key, iamporttest.Secret,
		iamport.WithHTTPClient(sandbox.Client()), iamport.WithJournal(db.Journal()), iamport.WithPG(iamport.PGDaou))
	if err != nil {
		log.Fatal(err)
	}
	done := make(chan string)
	billing, err := iamportriver.New(iamportriver.Config[*sql.Tx]{
		Client:   client,
		Database: db,
		Dunning:  iamportriver.DunningWaits(24*time.Hour, 48*time.Hour, 96*time.Hour),
		Now:      func() time.Time { return time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC) },
		Due: func(ctx context.Context, tx *sql.Tx, now time.Time, limit int) (due []iamportriver.ChargeArgs, err error) {
			rows, err := tx.QueryContext(ctx, `UPDATE subscribers SET paid_until = date(paid_until, '+1 month')
				WHERE rowid IN (SELECT rowid FROM subscribers WHERE paid_until < $1 LIMIT $2)
				RETURNING customer_uid, won, paid_until`, now.Format(time.DateOnly), limit)
			if err != nil {
				return nil, err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var customer, until string
				var won int64
				if err := rows.Scan(&customer, &won, &until); err != nil {
					return nil, err
				}
				due = append(due, iamportriver.ChargeArgs{
					MerchantUID: customer + "-" + until, CustomerUID: customer, Amount: iamport.KRW(won), Name: "a month",
				})
			}
			return due, rows.Err()
		},
		OnResult: func(ctx context.Context, tx *sql.Tx, r iamportriver.Result) error {
			if r.State == iamportriver.StatePaid {
				if _, err := tx.ExecContext(ctx, `INSERT INTO ledger VALUES ($1, $2)`, r.Args.MerchantUID, r.Payment.Amount.String()); err != nil {
					return err
				}
			}
			done <- fmt.Sprintf("%s: %s", r.Args.MerchantUID, r.State)
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	config := &river.Config{Logger: slog.New(slog.DiscardHandler)}
	if err := billing.Configure(config); err != nil {
		log.Fatal(err)
	}
	jobs, err := river.NewClient(riversqlite.New(file), config)
	if err != nil {
		log.Fatal(err)
	}
	if err := jobs.Start(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-done)
	if err := jobs.Stop(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(sandbox.TotalCharges(), "charge")
	// Output:
	// sub-41-2026-12-30: paid
	// 1 charge
}
