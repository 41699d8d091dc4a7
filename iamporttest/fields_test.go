package iamporttest

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// A new field of the state is either saved, and listed here as such, or left out on purpose.
func TestEveryFieldIsSavedOrNot(t *testing.T) {
	t.Parallel()
	for _, object := range []struct {
		state, saved reflect.Type
		// not are the fields of the state that are not saved; extra are those that the document has in addition.
		not, extra []string
	}{
		{reflect.TypeFor[order](), reflect.TypeFor[savedOrder](), nil, nil},
		{reflect.TypeFor[card](), reflect.TypeFor[savedCard](), nil, nil},
		{reflect.TypeFor[billingKey](), reflect.TypeFor[savedKey](), nil, nil},
		{reflect.TypeFor[cancellation](), reflect.TypeFor[savedCancellation](), nil, nil},
		{reflect.TypeFor[plannedChange](), reflect.TypeFor[savedChange](), nil, nil},
		{reflect.TypeFor[preparation](), reflect.TypeFor[savedPreparation](), nil, nil},
		// The attempt is saved by its imp_uid; retries are at the PG, which forgets them.
		{reflect.TypeFor[schedule](), reflect.TypeFor[savedSchedule](), []string{"retries", "payment"}, []string{"ImpUID"}},
		// The fault has had its effect, onPaid is derived, past is for stale look-ups, and the charge is embedded.
		{reflect.TypeFor[payment](), reflect.TypeFor[savedPayment](), []string{"past", "charge"},
			fieldsOf(reflect.TypeFor[charge](), "fault", "onPaid", "order")},
		{reflect.TypeFor[charge](), reflect.TypeFor[savedPayment](), []string{"fault", "onPaid"}, nil},
	} {
		state := fieldsOf(object.state, object.not...)
		saved := object.saved.NumField() - len(object.extra)
		if object.state == reflect.TypeFor[charge]() {
			saved = len(state)
		}
		if object.state == reflect.TypeFor[payment]() {
			saved-- // the order, which is embedded in the charge
		}
		require.Len(t, state, saved, "fields of %v", object.state)
	}
}

func fieldsOf(t reflect.Type, without ...string) []string {
	var names []string
fields:
	for i := range t.NumField() {
		for _, name := range without {
			if t.Field(i).Name == name {
				continue fields
			}
		}
		names = append(names, t.Field(i).Name)
	}
	return names
}
