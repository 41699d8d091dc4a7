package iamportriver

import (
	"database/sql"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
)

func TestJobOfRiverAlone(t *testing.T) {
	onBoth(t, testJobOfRiverAlone[pgx.Tx], testJobOfRiverAlone[*sql.Tx])
}

// A job that was inserted by River's own method is charged, its order is stored, and wrong ones
// are cancelled with the reason.
func testJobOfRiverAlone[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	_, err := s.river.Insert(t.Context(), won("order-1", "card-1"), nil)
	require.NoError(t, err)
	again, err := s.river.Insert(t.Context(), won("order-1", "card-2"), nil)
	require.NoError(t, err)
	require.True(t, again.UniqueSkippedAsDuplicate)
	s.start()
	s.ends(1)
	other := won("order-2", "card-1")
	other.Period = "order-1"
	wrong := won("order-3", "")
	for _, a := range []ChargeArgs{other, wrong} {
		_, err = s.river.Insert(t.Context(), a, nil)
		require.NoError(t, err)
	}
	jobs := s.jobs("iamport_charge")
	require.Equal(t, rivertype.JobStateCompleted, jobs[0].State)
	for i, text := range []string{"under another order number", "CustomerUID is required"} {
		require.Equal(t, rivertype.JobStateCancelled, jobs[i+1].State)
		require.Contains(t, jobs[i+1].Errors[0].Error, text)
	}
	require.Equal(t, 1, s.server.TotalCharges())
}

func TestOtherTermsAreRefused(t *testing.T) {
	onBoth(t, testOtherTermsAreRefused[pgx.Tx], testOtherTermsAreRefused[*sql.Tx])
}

func testOtherTermsAreRefused[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	s.insert(won("order-1", "card-1"))
	for name, change := range map[string]func(*ChargeArgs){
		"amount":   func(a *ChargeArgs) { a.Amount = iamport.KRW(1001) },
		"customer": func(a *ChargeArgs) { a.CustomerUID = "card-2" },
		"currency": func(a *ChargeArgs) { a.Currency = "USD" },
		"period":   func(a *ChargeArgs) { a.Period = "another" },
	} {
		a := won("order-1", "card-1")
		change(&a)
		err := s.Database.inTx(t.Context(), func(tx TTx) error {
			_, err := s.Insert(t.Context(), tx, s.river, a)
			return err
		})
		require.ErrorContains(t, err, `"order-1" is in the table already`, name)
	}
	for field, a := range map[string]ChargeArgs{
		"MerchantUID": {CustomerUID: "card-1", Amount: iamport.KRW(1)},
		"CustomerUID": {MerchantUID: "order-9", Amount: iamport.KRW(1)},
		"Amount":      {MerchantUID: "order-9", CustomerUID: "card-1"},
		"PG":          {MerchantUID: "order-9", CustomerUID: "card-1", Amount: iamport.KRW(1), PG: iamport.PGNice},
	} {
		err := s.Database.inTx(t.Context(), func(tx TTx) error {
			_, err := s.Insert(t.Context(), tx, s.river, a)
			return err
		})
		require.ErrorContains(t, err, field)
	}
}

// The arguments of a job are read by many eyes: they mirror the request, and hold no card.
func TestChargeArgsMirrorTheRequest(t *testing.T) {
	t.Parallel()
	args, request := reflect.TypeFor[ChargeArgs](), reflect.TypeFor[iamport.AgainRequest]()
	for field := range request.Fields() {
		same, ok := args.FieldByName(field.Name)
		require.True(t, ok, field.Name)
		require.Equal(t, field.Type, same.Type, field.Name)
		require.Equal(t, field.Tag.Get("json"), same.Tag.Get("json"), field.Name)
	}
	for field := range args.Fields() {
		require.NotEqual(t, reflect.TypeFor[iamport.Card](), field.Type)
		require.NotContains(t, strings.ToLower(field.Name), "cvc")
	}
	// Each field of the arguments is a field of what is sent.
	var a ChargeArgs
	filled := reflect.ValueOf(&a).Elem()
	for i := range filled.NumField() {
		switch f := filled.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Int:
			f.SetInt(3)
		case reflect.Bool:
			f.SetBool(true)
		default:
			switch f.Interface().(type) {
			case iamport.Amount:
				f.Set(reflect.ValueOf(iamport.KRW(5)))
			case iamport.Extra:
				f.Set(reflect.ValueOf(iamport.Extra{NaverUseCfm: "20261130"}))
			}
		}
	}
	sent := reflect.ValueOf(a.request())
	for i := range sent.NumField() {
		require.False(t, sent.Field(i).IsZero(), sent.Type().Field(i).Name)
	}
}

func TestTryByHand(t *testing.T) { onBoth(t, testTryByHand[pgx.Tx], testTryByHand[*sql.Tx]) }

// A try of a period is charged only after the one before was declined, whoever made it.
func testTryByHand[TTx any](t *testing.T, db Database[TTx]) {
	s := newShop(t, db, nil)
	try := func(merchantUID, customerUID string, n int) ChargeArgs {
		a := won(merchantUID, customerUID)
		a.Period, a.Try = "a month", n
		return a
	}
	require.Equal(t, 1, s.insert(try("order-1", "card-1", 1), try("order-2", "card-2", 2)))
	require.Equal(t, 0, s.insert(try("order-2", "card-2", 2), try("order-3", "card-2", 3)), "the first try has no end")
	s.server.DeclineCustomer("card-1", "한도초과")
	s.start()
	s.ends(1)
	s.jobs("iamport_charge")
	require.Equal(t, 0, s.insert(try("order-3", "card-2", 3)), "there is no second try")
	require.Equal(t, 1, s.insert(try("order-2", "card-2", 2)))
	s.ends(2)
	s.jobs("iamport_charge")
	require.Equal(t, 0, s.insert(try("order-3", "card-2", 3)), "the period is paid")
	require.Equal(t, []string{"order-1 declined 0", "order-2 paid 1000"}, s.ledger())
}
