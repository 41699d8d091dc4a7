package iamport

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// record makes a payment record from words: its origin (own, bare, other), its
// status, and its deviations.
func record(t *testing.T, words string) *Payment {
	t.Helper()
	p := &Payment{ImpUID: "imps_1", MerchantUID: "order_1", Amount: KRW(3000), Currency: "KRW", CustomerUID: "customer_1"}
	for word := range strings.FieldsSeq(words) {
		switch word {
		case "own":
			p.UserAgent = "iamport-go/0.1.0 (mine)"
		case "bare":
		case "other":
			p.UserAgent = "iamport-go/0.2.0-rc.1 (theirs) shop/1"
		case "5000":
			p.Amount = KRW(5000)
		case "USD":
			p.Currency = "USD"
		case "customer_2":
			p.CustomerUID = word
		case "nocurrency":
			p.Currency = ""
		case "nocustomer":
			p.CustomerUID = ""
		case "noamount":
			p.Amount = Amount{}
		case "paymentwall":
			p.PGProvider = PGPaymentwall
		case "daou":
			p.PGProvider = PGDaou
		default:
			p.Status = Status(word)
		}
	}
	return p
}

func (r ruling) String() string {
	return [...]string{"open", "clash", "paid", "already", "declined", "unpaid"}[r]
}

// Every cell of the table: the result for each kind of answer and each set of
// records. "." in the column of the direct answer means more than one record.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	asked := terms{KRW(3000), "", "customer_1"}
	calls := []struct {
		name  string
		claim claim
		kind  answerKind
	}{
		{"charge, answer lost", claim{own: "mine", terms: asked}, answerLost},
		{"charge, refused", claim{own: "mine", terms: asked}, answerRefused},
		{"EnsurePaid, answer lost", claim{own: "mine", terms: asked, anyone: true}, answerLost},
		{"EnsurePaid, refused", claim{own: "mine", terms: asked, anyone: true}, answerRefused},
		{"EnsurePaid, before it sends", claim{terms: asked, anyone: true}, notSent},
		{"direct answer", claim{own: "mine", terms: asked}, answerPayment},
	}
	for _, row := range []struct{ records, want string }{
		// records                      lost     refused  ensure:lost refused before  direct
		{"", "open unpaid open unpaid unpaid ."},
		{"own paid", "paid paid paid paid paid paid"},
		{"bare paid", "paid already paid paid paid paid"},
		{"other paid", "already already paid paid paid open"},
		{"own paid 5000", "clash clash clash clash already open"},
		{"bare paid 5000", "open already open already already open"},
		{"other paid 5000", "already already already already already open"},
		{"own cancelled", "already already already already already open"},
		{"bare cancelled", "already already already already already open"},
		{"other cancelled", "already already already already already open"},
		{"own failed", "declined declined declined declined unpaid declined"},
		{"bare failed", "open unpaid open unpaid unpaid declined"},
		{"other failed", "open unpaid open unpaid unpaid open"},
		{"own ready", "open open open open open open"},
		{"bare ready", "open open open open open open"},
		{"other ready", "open open open open open open"},
		{"bare pending", "open open open open open open"},
		{"bare", "open open open open open open"}, // a record without a status

		// The terms: the amount always, the rest if the record has it.
		{"own paid noamount", "clash clash clash clash already open"},
		{"bare paid noamount", "open already open already already open"},
		{"own paid USD", "clash clash clash clash already open"},
		{"bare paid USD", "open already open already already open"},
		{"bare paid nocurrency", "paid already paid paid paid paid"},
		{"own paid customer_2", "clash clash clash clash already open"},
		{"bare paid nocustomer", "paid already paid paid paid paid"},
		{"other paid USD", "already already already already already open"},

		// At Paymentwall a failed payment may become paid.
		{"own failed paymentwall", "open open open open unpaid open"},
		{"bare failed paymentwall", "open open open open unpaid open"},
		{"other failed paymentwall", "open open open open unpaid open"},

		// Several records: a paid one decides first.
		{"own failed, other paid", "already already paid paid paid ."},
		{"own failed, bare paid", "paid already paid paid paid ."},
		{"own failed, bare paid 5000", "open already open already already ."},
		{"own failed, bare failed", "declined declined declined declined unpaid ."},
		{"own failed, other failed", "declined declined declined declined unpaid ."},
		{"own failed, own ready", "open open open open open ."},
		{"own failed, own failed paymentwall", "open open open open unpaid ."},
		{"own failed, bare ready", "declined open declined open open ."},
		{"own failed, other cancelled", "already already already already already ."},
		{"other failed, bare ready", "open open open open open ."},
		{"own paid, other paid", "paid paid paid paid paid ."},
		{"own paid, bare paid", "paid paid paid paid paid ."},
		{"own paid, bare cancelled", "paid paid paid paid paid ."},
		{"own paid 5000, bare paid", "clash clash clash clash paid ."},
		{"own paid 5000, other paid", "clash clash clash clash paid ."},
		{"bare paid, other paid", "paid already paid paid paid ."},
		{"bare paid 5000, other paid", "already already paid paid paid ."},
		{"bare paid 5000, other cancelled", "already already already already already ."},
		{"bare cancelled, other paid", "already already paid paid paid ."},
		{"bare paid, bare ready", "paid already paid paid paid ."},
		{"other failed, other failed", "open unpaid open unpaid unpaid ."},
	} {
		var records []*Payment
		if row.records != "" {
			for words := range strings.SplitSeq(row.records, ", ") {
				records = append(records, record(t, words))
			}
		}
		want := strings.Fields(row.want)
		require.Len(t, want, len(calls), row.records)
		for i, call := range calls {
			if want[i] == "." {
				continue
			}
			v := call.claim.judge(call.kind, records)
			require.Equal(t, want[i], v.is.String(), "%s: %q", call.name, row.records)
			requireDecidedBy(t, v, records)
			slices.Reverse(records)
			require.Equal(t, want[i], call.claim.judge(call.kind, records).is.String(), "%s: %q, in reverse", call.name, row.records)
		}
	}
}

// A verdict names a record that agrees with it.
func requireDecidedBy(t *testing.T, v verdict, records []*Payment) {
	t.Helper()
	late := slices.ContainsFunc(records, func(p *Payment) bool { return p.Status == StatusFailed && p.PGProvider == PGPaymentwall })
	require.Equal(t, late && v.is == open, v.late)
	if v.payment == nil {
		require.Contains(t, []ruling{open, unpaid}, v.is)
		return
	}
	require.Contains(t, records, v.payment)
	switch v.is {
	case paid:
		require.Equal(t, StatusPaid, v.payment.Status)
		require.Equal(t, KRW(3000), v.payment.Amount)
	case already:
		require.Contains(t, []Status{StatusPaid, StatusCancelled}, v.payment.Status)
	case declined:
		require.Equal(t, StatusFailed, v.payment.Status)
	case clash:
		require.Equal(t, "mine", markOf(v.payment))
	case open, unpaid:
	}
}

// RetrySchedule and Settle("") have no mark and no terms.
func TestVerdictsWithoutMarkOrTerms(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ record, lost, refused string }{
		{"bare paid", "paid", "already"},
		{"bare paid 5000 USD", "paid", "already"},
		{"other paid", "already", "already"},
		{"bare cancelled", "already", "already"},
		{"bare failed", "open", "unpaid"},
		{"other failed", "open", "unpaid"},
		{"bare ready", "open", "open"},
	} {
		records := []*Payment{record(t, row.record)}
		require.Equal(t, row.lost, claim{}.judge(answerLost, records).is.String(), row.record)
		require.Equal(t, row.refused, claim{}.judge(answerRefused, records).is.String(), row.record)
	}
	require.Equal(t, "clash", claim{own: "mine", terms: terms{amount: KRW(1)}}.judge(answerLost, []*Payment{record(t, "own paid")}).is.String())
	require.Equal(t, "paid", claim{own: "mine"}.judge(answerLost, []*Payment{record(t, "own paid")}).is.String(), "Settle has no terms")
}

// WithPG sets the PG if the record has none.
func TestVerdictsOfPaymentwall(t *testing.T) {
	t.Parallel()
	wall := claim{own: "mine", terms: terms{KRW(3000), "", "customer_1"}, paymentwall: true}
	require.Equal(t, "open", wall.judge(answerLost, []*Payment{record(t, "own failed")}).is.String())
	require.Equal(t, "open", wall.judge(answerPayment, []*Payment{record(t, "own failed")}).is.String())
	require.Equal(t, "open", wall.judge(answerRefused, nil).is.String(), "its refusals decide nothing")
	require.Equal(t, "declined", wall.judge(answerLost, []*Payment{record(t, "own failed daou")}).is.String(), "the record decides")
	require.Equal(t, "unpaid", wall.judge(notSent, []*Payment{record(t, "bare failed")}).is.String(), "the hold has passed")
	require.Equal(t, "paid", wall.judge(answerRefused, []*Payment{record(t, "own paid")}).is.String())
	require.Equal(t, "already", wall.judge(answerRefused, []*Payment{record(t, "bare paid")}).is.String())
}

func TestTerms(t *testing.T) {
	t.Parallel()
	dollars, err := ParseAmount("10.99")
	require.NoError(t, err)
	for _, row := range []struct {
		terms  terms
		record Payment
		want   []string
	}{
		{terms{}, Payment{Amount: KRW(1)}, nil},
		{terms{KRW(3000), "", ""}, Payment{Amount: KRW(3000), Currency: "KRW", CustomerUID: "any"}, nil},
		{terms{KRW(3000), "", ""}, Payment{Amount: KRW(3000)}, nil},
		{terms{KRW(3000), "", ""}, Payment{Amount: KRW(3000), Currency: "JPY"}, []string{"currency"}},
		{terms{KRW(3000), "KRW", "c"}, Payment{Amount: KRW(3001), Currency: "USD", CustomerUID: "d"}, []string{"amount", "currency", "customer_uid"}},
		{terms{dollars, "USD", "c"}, Payment{Amount: dollars, Currency: "usd", CustomerUID: "c"}, nil},
		{terms{dollars, "USD", "c"}, Payment{Amount: dollars, Currency: "KRW"}, []string{"currency"}},
		{terms{KRW(3000), "", "c"}, Payment{Amount: KRW(3000), CustomerUID: "C"}, []string{"customer_uid"}},
		{terms{KRW(3000), "", ""}, Payment{}, []string{"amount"}},
	} {
		require.Equal(t, row.want, row.terms.differences(&row.record), "%v %v", row.terms, row.record)
	}
}

func TestMarkOfARecord(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	for userAgent, want := range map[string]string{
		"iamport-go/0.1.0 (abc)":                    "abc",
		"iamport-go/0.1.0 (abc) shop/1.0":           "abc",
		"IAMPORT-GO/0.1.0 (ABC-1._x)":               "abc-1._x",
		"iamport-go/1.2.3-rc.1+build (abc)":         "abc",
		"iamport-go/0.1.0 (" + long + ")":           long,
		"":                                          "",
		"Go-http-client/1.1":                        "",
		"iamport-go/0.1.0":                          "",
		"iamport-go/0.1.0 shop/1.0":                 "",
		"iamport-go/0.1.0 (abc":                     "", // cut
		"iamport-go/0.1.0 (a":                       "",
		"iamport-go/0.1.0 (":                        "",
		"iamport-go/0.1.0 ()":                       "",
		"iamport-go/0.1.0 (" + long + "a)":          "",
		"iamport-go/0.1.0 (a b)":                    "",
		"iamport-go/0.1.0 (a/b)":                    "",
		"iamport-go/0.1.0 ((abc))":                  "",
		"iamport-go/0.1.0 shop (abc)":               "", // not at the start
		"shop iamport-go/0.1.0 (abc)":               "",
		" iamport-go/0.1.0 (abc)":                   "",
		"Mozilla/5.0 (Windows; iamport-go/1 (abc))": "",
		"other-go/0.1.0 (abc)":                      "",
		"iamport-go (abc)":                          "",
		"iamport-go/0.1.0  (abc)":                   "",
	} {
		require.Equal(t, want, markOf(&Payment{UserAgent: userAgent}), userAgent)
	}
}

// A client reads back the mark that it sent, with any added text.
func TestMarkIsReadBack(t *testing.T) {
	t.Parallel()
	for _, options := range [][]Option{nil, {WithUserAgent("shop/1.0 iamport-go/9.9.9")}} {
		c, err := NewClient("key", "secret", options...)
		require.NoError(t, err)
		id := randomID()
		require.True(t, isAttemptID(id), id)
		require.Equal(t, id, markOf(&Payment{UserAgent: c.userAgent(id)}))
		require.Empty(t, markOf(&Payment{UserAgent: c.userAgent("")}), "other calls have no mark")
		require.NotContains(t, c.userAgent(""), "(")
	}
	first, second := randomID(), randomID()
	require.NotEqual(t, first, second)
}

func TestAttemptIDs(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "0", ".", "a-b_c.d", strings.Repeat("z", 64)} {
		require.True(t, isAttemptID(good), good)
	}
	for _, bad := range []string{"", strings.Repeat("z", 65), "A", "a b", "a)", "(a", "a/b", "ä", "a\n", "a\x00"} {
		require.False(t, isAttemptID(bad), "%q", bad)
	}
}
