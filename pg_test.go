package iamport_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

// cardGateways are those for which the schema documents a billing key by card number,
// chargeGateways a charge by card number, and keyGateways a charge of a billing key.
const (
	cardGateways   = "daou html5_inicis kcp ksnet nice nice_v2 tosspayments welcome"
	chargeGateways = cardGateways + " paymentwall settle"
	keyGateways    = "chai danal danal_tpay daou html5_inicis inicis kakaopay kcp kcp_billing kicc ksnet mobilians naverpay nice " +
		"nice_v2 payco paymentwall paypal_v2 settle settle_acc smartro_v2 tosspay_v2 tosspayments welcome"
)

func TestLimitsOfGateways(t *testing.T) {
	t.Parallel()
	for name := range strings.FieldsSeq(keyGateways) {
		limits := iamport.PG(name).Limits()
		require.True(t, limits.Again, name)
		require.Equal(t, strings.Contains(" "+cardGateways+" ", " "+name+" "), limits.RegisterCustomer, name)
		require.Equal(t, strings.Contains(" "+chargeGateways+" ", " "+name+" "), limits.Onetime, name)
	}
	daou := iamport.PGDaou.MID("CTS16628").Limits()
	require.Equal(t, iamport.PGLimits{RegisterCustomer: true, Onetime: true, Again: true, PerSecond: 50, EUCKR: true}, daou)
	require.Equal(t, iamport.KRW(1000), iamport.PGKCP.Limits().MinAmount)
	require.Equal(t, 9, iamport.PGKSNET.Limits().PartialCancels)
	require.Zero(t, iamport.PG("nosuchpg").Limits())
	require.Zero(t, iamport.PG("").Limits())

	limits := iamport.PGInicis.Limits()
	limits.ChargeNeeds[0] = "changed"
	require.Equal(t, "Name", iamport.PGInicis.Limits().ChargeNeeds[0], "a caller cannot change what is published")
}

// TestLimitsNameFields requires of each field that a gateway needs that the requests have
// one of this name.
func TestLimitsNameFields(t *testing.T) {
	t.Parallel()
	has := func(request any, field string) bool {
		typ := reflect.TypeOf(request)
		for name := range strings.SplitSeq(field, ".") {
			found, ok := typ.FieldByName(name)
			if !ok {
				return false
			}
			typ = found.Type
		}
		return true
	}
	for name := range strings.FieldsSeq(keyGateways) {
		limits := iamport.PG(name).Limits()
		for _, field := range limits.CardNeeds {
			require.True(t, has(iamport.RegisterCustomerRequest{}, field), "%s: %s", name, field)
		}
		for _, field := range limits.ChargeNeeds {
			require.True(t, has(iamport.AgainRequest{}, field), "%s: %s", name, field)
			require.True(t, has(iamport.ScheduleItem{}, field), "%s: %s", name, field)
		}
		for _, field := range limits.CancelNeeds {
			require.True(t, has(iamport.CancelRequest{}, field), "%s: %s", name, field)
		}
	}
}

func TestUnknownGatewayIsToldTheNearest(t *testing.T) {
	t.Parallel()
	for name, near := range map[iamport.PG]string{
		"doau": "daou", "Daou": "daou", "DAOU.CTS16628": "daou", "inicis2": "inicis", "html5-inicis": "html5_inicis",
		"tosspayment": "tosspayments", "toss_pay_v2": "tosspay_v2", "kakao pay": "kakaopay", "paypal": "paypal_v2", "kakao": "kakaopay",
		"nicev2": "nice_v2", "kcpbilling": "kcp_billing", iamport.PG(strings.Repeat("daou", 1000)): "",
	} {
		_, err := iamport.NewClient("k", "s", iamport.WithPG(name))
		problem := clienttest.Invalid(t, err)["WithPG"]
		require.Contains(t, problem, `the nearest is "`+near, "%.20s", name)
	}
}
