package iamportriver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/iamport-go/iamport"
)

// RefundArgs is the job of one refund, which [iamport.Client.EnsureRefunded] makes. ImpUID,
// Checksum, and Amount or Full are required. The fields are those of [iamport.CancelRequest].
type RefundArgs struct {
	ImpUID string `json:"imp_uid" river:"unique"`
	// Checksum is what could be refunded before. With ImpUID it names the refund: two refunds
	// planned at one checksum are one. That holds for one that was refused, too: to try it
	// again, call [iamport.Client.EnsureRefunded].
	Checksum        iamport.Amount      `json:"checksum" river:"unique"`
	Amount          iamport.Amount      `json:"amount,omitzero"`
	Full            bool                `json:"full,omitzero"`
	TaxFree         iamport.Amount      `json:"tax_free,omitzero"`
	VATAmount       iamport.Amount      `json:"vat_amount,omitzero"`
	Reason          string              `json:"reason,omitzero"`
	RetainPromotion bool                `json:"retain_promotion,omitzero"`
	EnableWebhook   bool                `json:"enable_webhook,omitzero"`
	Extra           iamport.CancelExtra `json:"extra,omitzero"`
}

// Kind is the name of the job in River.
func (RefundArgs) Kind() string { return "iamport_refund" }

// InsertOpts are the options with which River inserts the job.
func (RefundArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: queueRefunds, MaxAttempts: maxAttempts,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()},
	}
}

func (a RefundArgs) request() iamport.CancelRequest {
	return iamport.CancelRequest{
		ImpUID: a.ImpUID, Checksum: a.Checksum, Amount: a.Amount, Full: a.Full, TaxFree: a.TaxFree, VATAmount: a.VATAmount,
		Reason: a.Reason, RetainPromotion: a.RetainPromotion, EnableWebhook: a.EnableWebhook, Extra: a.Extra,
	}
}

// sum is what is refunded.
func (a RefundArgs) sum() iamport.Amount {
	if a.Full {
		return a.Checksum
	}
	return a.Amount
}

func (a RefundArgs) check() error {
	var problems []string
	if a.ImpUID == "" {
		problems = append(problems, "ImpUID is required")
	}
	if a.Checksum.Sign() <= 0 {
		problems = append(problems, "Checksum must be more than 0")
	}
	if a.Full == a.Amount.IsSet() || !a.Full && a.Amount.Sign() <= 0 {
		problems = append(problems, "either Amount must be more than 0, or Full true")
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "; "))
	}
	return nil
}

// RefundState is the end of a refund, in [Refund] and in the column state of iamport_refunds.
type RefundState string

// The ends of a refund.
const (
	RefundMade    RefundState = "refunded"
	RefundRefused RefundState = "refused" // by the API or the PG, or because another sum remains; nothing was refunded
	RefundInvalid RefundState = "invalid" // the request is wrong, nothing was sent
)

// Refund is the end of a refund.
type Refund struct {
	Args  RefundArgs
	State RefundState
	// Payment is the payment after the refund, nil if it was not made.
	Payment *iamport.Payment
	// Err is nil if the refund was made.
	Err error
}

type refundRow struct {
	amount, state, reason string
	ended                 bool
}

// findRefund returns the refund, or errNoRow.
func (q queries) findRefund(ctx context.Context, c conn, impUID string, checksum iamport.Amount) (r refundRow, err error) {
	err = c.row(ctx, q.refund, []any{impUID, checksum.String()}, &r.amount, &r.state, &r.reason, &r.ended)
	return r, err
}

type refundWorker[TTx any] struct{ worker[TTx, RefundArgs] }

func (w *refundWorker[TTx]) Work(ctx context.Context, job *river.Job[RefundArgs]) error {
	b, a := w.billing, job.Args
	row, err := b.openRefund(ctx, a)
	if err != nil {
		return err
	}
	if row.ended {
		return nil
	}
	payment, err := b.Client.EnsureRefunded(ctx, a.request())
	state, known := refundStateOf(err)
	if !known {
		return b.unknown(ctx, queueRefunds, err, job.Metadata, func(ctx context.Context) error {
			_, err := b.Database.pool.exec(ctx, b.queries.unknownRefund, a.ImpUID, a.Checksum.String(), err.Error())
			return err
		})
	}
	r := Refund{Args: a, Payment: payment, Err: err, State: state}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.finishTimeout)
	defer cancel()
	return b.Database.inTx(ctx, func(tx TTx) error { return b.endRefund(ctx, tx, job, r) })
}

// refundStateOf returns the end of a refund, or false if its outcome is not known.
func refundStateOf(err error) (state RefundState, known bool) {
	if err == nil {
		return RefundMade, true
	}
	// An unknown outcome is not ErrNotCharged, whatever its cause is.
	if !errors.Is(err, iamport.ErrNotCharged) || errors.Is(err, iamport.ErrUnauthorized) || errors.Is(err, iamport.ErrRateLimited) {
		return "", false
	}
	if _, invalid := errors.AsType[*iamport.InvalidRequestError](err); invalid {
		return RefundInvalid, true
	}
	return RefundRefused, true
}

// openRefund returns the refund of a, and stores it if it is not there.
func (b *Billing[TTx]) openRefund(ctx context.Context, a RefundArgs) (refundRow, error) {
	if err := a.check(); err != nil {
		return refundRow{}, river.JobCancel(fmt.Errorf("iamportriver: %w", err))
	}
	row, err := b.queries.findRefund(ctx, b.Database.pool, a.ImpUID, a.Checksum)
	if errors.Is(err, errNoRow) {
		if _, err := b.Database.pool.exec(ctx, b.queries.insertRefund, a.ImpUID, a.Checksum.String(), a.sum().String()); err != nil {
			return row, err
		}
		row, err = b.queries.findRefund(ctx, b.Database.pool, a.ImpUID, a.Checksum)
	}
	if err == nil && row.amount != a.sum().String() {
		return row, river.JobCancel(errors.New("iamportriver: the refund is there already, with another amount"))
	}
	return row, err
}

func (b *Billing[TTx]) endRefund(ctx context.Context, tx TTx, job *river.Job[RefundArgs], r Refund) error {
	reason := ""
	if r.Err != nil {
		reason = r.Err.Error()
	}
	ended, err := b.Database.conn(tx).exec(ctx, b.queries.endRefund, r.Args.ImpUID, r.Args.Checksum.String(), string(r.State), reason)
	if err != nil {
		return err
	}
	if ended == 1 && b.OnRefund != nil {
		if err := b.OnRefund(ctx, tx, r); err != nil {
			return err
		}
	}
	own, err := complete(ctx, tx, job, struct {
		State RefundState `json:"state"`
	}{r.State})
	if err == nil && !own && r.State == RefundRefused {
		return errOtherRun
	}
	return err
}
