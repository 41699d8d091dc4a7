package journaltest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/iamport-go/iamport"
)

// fault is an error of a fake journal.
type fault string

const (
	racy            fault = "looks and records in two steps"
	racyID          fault = "two steps for ids"
	waitsOwnQuiet   fault = "holds for an hour, whatever is asked for"
	quietZeroHeld   fault = "holds quiet 0 like an hour"
	waitNotShrunk   fault = "says the whole quiet period"
	waitInMillis    fault = "gives milliseconds for nanoseconds"
	waitOfFirst     fault = "says how long the first hold lasts"
	earlyClock      fault = "reads the clock before it has locked the order"
	coarseClock     fault = "reads whole seconds"
	perOrder        fault = "holds by order, so that any notCharged frees it"
	lastAttemptOnly fault = "remembers the last attempt only"
	unknownFrees    fault = "frees the order with every End"
	heldFromBegin   fault = "holds from Begin, whenever the attempt ended"
	notChargedHolds fault = "holds after notCharged"
	freeForEver     fault = "does not hold again what it freed"
	paidForEver     fault = "does not free what ended in another way before"
	dropsNotCharged fault = "deletes what ends notCharged, and its id with it"
	endNeedsEntry   fault = "records no End without an entry"
	endAlwaysAdds   fault = "records notCharged without an entry"
	noUsed          fault = "begins a used id again"
	heldBeforeUsed  fault = "says held where the id was used"
	usedIfHeld      fault = "says used only while the order is held"
	idsOfAllOrders  fault = "takes an id of another order for used"
	usedRenews      fault = "begins the hold anew where the id was used"
	refusedExtends  fault = "extends the hold with each refused Begin"
	refusedTakesID  fault = "records the id of a refused Begin"
	holdsAll        fault = "holds all orders by one"
	foldsIDs        fault = "compares ids without case"
	foldsOrders     fault = "compares orders without case"
	trimsIDs        fault = "compares ids without trailing spaces"
	trimsOrders     fault = "compares orders without trailing spaces"
	normalises      fault = "compares in Unicode normalisation form C"
	cutsIDs         fault = "cuts ids at 36 bytes"
	joinsKeys       fault = "joins order and id with a dash"
	matchesPattern  fault = "takes % in an order for a pattern"
	refusesLong     fault = "refuses orders of more than 100 bytes"
	beginIgnoresCtx fault = "begins with an ended context"
	recordsThenCtx  fault = "records, and then looks at the context"
	hidesCtx        fault = "gives an error of its own for an ended context"
	endIgnoresCtx   fault = "ends with an ended context"
	ownMemory       fault = "has a memory for each client"
	forgetsSoon     fault = "keeps entries for an hour and a half"
	forgetsByBegin  fault = "keeps entries for two hours after their Begin"
	neverForgets    fault = "keeps entries without end"
)

// fake is a simple journal, which is correct without a fault.
type fake struct {
	fault   fault
	mu      sync.Mutex
	entries []*record // as they were made
}

type record struct {
	iamport.Attempt
	began, touched time.Time
	free, paid     bool
}

func (f *fake) is(faults ...fault) bool { return slices.Contains(faults, f.fault) }

func (f *fake) now() time.Time {
	if f.is(coarseClock) {
		return time.Now().Truncate(time.Second)
	}
	return time.Now()
}

// stored is an attempt in the store.
func (f *fake) stored(a iamport.Attempt) iamport.Attempt {
	switch f.fault {
	case foldsIDs:
		a.ID = strings.ToLower(a.ID)
	case foldsOrders:
		a.MerchantUID = strings.ToLower(a.MerchantUID)
	case trimsIDs:
		a.ID = strings.TrimRight(a.ID, " ")
	case trimsOrders:
		a.MerchantUID = strings.TrimRight(a.MerchantUID, " ")
	case normalises:
		a.MerchantUID, a.ID = norm.NFC.String(a.MerchantUID), norm.NFC.String(a.ID)
	case cutsIDs:
		a.ID = a.ID[:min(len(a.ID), 36)]
	default:
	}
	return a
}

// same reports whether r is an attempt of the order, and whether it is this attempt.
func (f *fake) same(r *record, a iamport.Attempt) (order, attempt bool) {
	order = r.MerchantUID == a.MerchantUID || f.is(holdsAll)
	attempt = r.ID == a.ID && (order || f.is(idsOfAllOrders))
	switch f.fault {
	case matchesPattern:
		prefix, _, found := strings.Cut(a.MerchantUID, "%")
		order = order || found && strings.HasPrefix(r.MerchantUID, prefix)
	case joinsKeys:
		attempt = r.MerchantUID+"-"+r.ID == a.MerchantUID+"-"+a.ID
	case holdsAll:
		attempt = r.Attempt == a
	default:
	}
	return order, attempt
}

func (f *fake) forget(now time.Time) {
	kept := 2 * time.Hour
	if f.is(forgetsSoon) {
		kept = 90 * time.Minute
	}
	f.entries = slices.DeleteFunc(f.entries, func(r *record) bool {
		since := r.touched
		if f.is(forgetsByBegin) {
			since = r.began
		}
		return now.Sub(since) >= kept && !f.is(neverForgets)
	})
}

func (f *fake) Begin(ctx context.Context, a iamport.Attempt, quiet time.Duration) (time.Duration, error) {
	ended := ctx.Err()
	switch {
	case ended == nil, f.is(beginIgnoresCtx):
		ended = nil
	case f.is(hidesCtx):
		return 0, errors.New("stopped")
	case !f.is(recordsThenCtx):
		return 0, ended
	}
	if f.is(refusesLong) && len(a.MerchantUID) > 100 {
		return 0, errors.New("value too long")
	}
	early := f.now()
	if f.is(earlyClock) {
		time.Sleep(rand.N(time.Millisecond))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a = f.stored(a)
	now := f.now()
	if f.is(earlyClock) {
		now = early
	}
	f.forget(now)
	wait, used := f.look(a, quiet, now)
	if f.is(racy) || f.is(racyID) && quiet == 0 {
		f.mu.Unlock()
		time.Sleep(time.Millisecond)
		f.mu.Lock()
	}
	switch {
	case used != nil && (!f.is(heldBeforeUsed) || wait == 0) && (!f.is(usedIfHeld) || wait > 0):
		if f.is(usedRenews) {
			used.touched, used.free = now, false
		}
		return 0, iamport.ErrAttemptUsed
	case wait > 0:
		if f.is(refusedTakesID) {
			f.entries = append(f.entries, &record{Attempt: a, began: now, touched: now, free: true})
		}
		return wait, nil
	}
	if f.is(lastAttemptOnly) {
		f.entries = slices.DeleteFunc(f.entries, func(r *record) bool { return r.MerchantUID == a.MerchantUID })
	}
	f.entries = append(f.entries, &record{Attempt: a, began: now, touched: now})
	return 0, ended
}

// look returns how long the order is held, and the entry whose id a has.
func (f *fake) look(a iamport.Attempt, quiet time.Duration, now time.Time) (wait time.Duration, used *record) {
	switch {
	case f.is(waitsOwnQuiet) && quiet > 0, f.is(quietZeroHeld):
		quiet = time.Hour
	}
	for _, r := range f.entries {
		order, attempt := f.same(r, a)
		if attempt && !f.is(noUsed) {
			used = r
		}
		left := quiet - now.Sub(r.touched)
		if !order || r.free || left <= 0 || f.is(waitOfFirst) && wait > 0 {
			continue
		}
		switch f.fault {
		case waitNotShrunk:
			left = quiet
		case waitInMillis:
			left /= 1e6
		case refusedExtends:
			r.touched = now
		default:
		}
		wait = max(wait, left)
	}
	return wait, used
}

func (f *fake) End(ctx context.Context, a iamport.Attempt, notCharged bool) error {
	if err := ctx.Err(); err != nil && !f.is(endIgnoresCtx) {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a = f.stored(a)
	now := f.now()
	f.forget(now)
	found := false
	for _, r := range f.entries {
		order, attempt := f.same(r, a)
		if f.is(perOrder) && order && notCharged {
			r.free = true
		}
		if !attempt {
			continue
		}
		found = true
		if !f.is(heldFromBegin) {
			r.touched = now
		}
		free := notCharged && !f.is(notChargedHolds) || f.is(unknownFrees)
		r.free = free && (!f.is(paidForEver) || !r.paid) || r.free && f.is(freeForEver)
		r.paid = r.paid || !notCharged
	}
	if f.is(dropsNotCharged) && notCharged {
		f.entries = slices.DeleteFunc(f.entries, func(r *record) bool { return r.Attempt == a })
	}
	if !found && (!notCharged && !f.is(endNeedsEntry) || f.is(endAlwaysAdds)) {
		f.entries = append(f.entries, &record{Attempt: a, began: now, touched: now, free: notCharged})
	}
	return nil
}
