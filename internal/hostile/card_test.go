package hostile_test

import (
	"bytes"
	"encoding"
	"encoding/asn1"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	htmltemplate "html/template"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/iamport-go/iamport"
	"github.com/iamport-go/iamport/internal/clienttest"
)

var printedCard = iamport.Card{Number: "canary-1", Expiry: "canary-2", Birth: "canary-3", Pwd2Digit: "canary-4", CVC: "canary-5"}

// holders are the kinds of variables that hold a card or a token.
func holders[T any](v T) map[string]any {
	type exported struct{ V T }
	type pointer struct{ V *T }
	return map[string]any{
		"itself": v, "pointer": &v, "field": exported{v}, "pointer in a field": pointer{&v}, "list": []T{v}, "map": map[string]T{"k": v},
		"deep": map[string]any{"k": []any{exported{v}, &v}},
	}
}

// encoders encode a value as text or bytes. Each calls its own method of the value.
var encoders = map[string]func(v any) ([]byte, error){
	"JSON":              json.Marshal,
	"JSON with indents": func(v any) ([]byte, error) { return json.MarshalIndent(v, "", " ") },
	"XML":               xml.Marshal,
	"YAML":              yaml.Marshal,
	"gob": func(v any) ([]byte, error) {
		var b bytes.Buffer
		err := gob.NewEncoder(&b).Encode(v)
		return b.Bytes(), err
	},
	"binary": func(v any) ([]byte, error) { return binary.Append(nil, binary.BigEndian, v) },
	"text/template": func(v any) ([]byte, error) {
		var b bytes.Buffer
		err := template.Must(template.New("").Parse(`{{.}} {{print .}} {{printf "%+v %#v %q %x" . . . .}} {{html .}} {{js .}} {{urlquery .}}`)).Execute(&b, v)
		return b.Bytes(), err
	},
	"html/template": func(v any) ([]byte, error) {
		var b bytes.Buffer
		err := htmltemplate.Must(htmltemplate.New("").Parse(`<a title="{{.}}" href="/?q={{.}}">{{.}}</a><script>x = {{.}}</script>`)).Execute(&b, v)
		return b.Bytes(), err
	},
	"fmt": func(v any) ([]byte, error) {
		return fmt.Appendf(nil, "%v %+v %#v %s %q %x %X %d %t %e", v, v, v, v, v, v, v, v, v, v), nil
	},
	"errors": func(v any) ([]byte, error) { return []byte(fmt.Errorf("%v", v).Error()), nil },
	"slog text": func(v any) ([]byte, error) {
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).With("with", v).WithGroup("g").Info("m", "v", v, slog.Group("h", slog.Any("v", v)))
		return b.Bytes(), nil
	},
	"slog JSON": func(v any) ([]byte, error) {
		var b bytes.Buffer
		slog.New(slog.NewJSONHandler(&b, nil)).With("with", v).WithGroup("g").Info("m", "v", v, slog.Group("h", slog.Any("v", v)))
		return b.Bytes(), nil
	},
}

// No encoder shows a card, wherever it is kept: a test for each encoder.
func TestEncodersHideTheCard(t *testing.T) {
	t.Parallel()
	values := holders(printedCard)
	for name, request := range map[string]map[string]any{
		"Onetime":  holders(iamport.OnetimeRequest{Card: printedCard, MerchantUID: "m"}),
		"Register": holders(iamport.RegisterCustomerRequest{Card: printedCard}),
		"Schedule": holders(iamport.ScheduleRequest{Card: printedCard}),
	} {
		for place, v := range request {
			values[name+"Request, "+place] = v
		}
	}
	for encoder, encode := range encoders {
		t.Run(encoder, func(t *testing.T) {
			t.Parallel()
			for place, v := range values {
				text, err := encode(v)
				require.NotContains(t, strings.ToLower(string(text)), "canary", place)
				require.NotContains(t, string(text), fmt.Sprintf("%x", "canary"), place)
				if err != nil {
					require.NotContains(t, err.Error(), "canary", place)
				}
			}
			if text, err := encode(printedCard); encoder != "binary" { // which takes numbers only
				require.NoError(t, err)
				require.Contains(t, string(text), "card", "the placeholder")
			}
		})
	}
}

// A card has the method that every encoder calls first. If it were missing, some
// encoders would call another method, and others would not.
func TestCardAnswersEveryEncoder(t *testing.T) {
	t.Parallel()
	var card any = printedCard
	bytesOf := func(b []byte, err error) string {
		require.NoError(t, err)
		return string(b)
	}
	stringer, ok := card.(fmt.Stringer)
	require.True(t, ok)
	require.Equal(t, "[card]", stringer.String())
	goStringer, ok := card.(fmt.GoStringer)
	require.True(t, ok)
	require.Equal(t, "[card]", goStringer.GoString())
	logger, ok := card.(slog.LogValuer)
	require.True(t, ok)
	require.Equal(t, "[card]", logger.LogValue().String())
	asJSON, ok := card.(json.Marshaler)
	require.True(t, ok)
	require.Equal(t, `"[card]"`, bytesOf(asJSON.MarshalJSON()))
	asText, ok := card.(encoding.TextMarshaler)
	require.True(t, ok)
	require.Equal(t, "[card]", bytesOf(asText.MarshalText()))
	asBinary, ok := card.(encoding.BinaryMarshaler)
	require.True(t, ok)
	require.Equal(t, "[card]", bytesOf(asBinary.MarshalBinary()))
	asYAML, ok := card.(yaml.Marshaler)
	require.True(t, ok)
	node, err := asYAML.MarshalYAML()
	require.NoError(t, err)
	require.Equal(t, "[card]", node)

	// A BSON document: its length, a string of seven bytes under the name card, its end.
	// The drivers of MongoDB, versions 1 and 2, take it.
	asBSON, ok := card.(interface{ MarshalBSON() ([]byte, error) })
	require.True(t, ok)
	document := bytesOf(asBSON.MarshalBSON())
	require.Equal(t, "\x16\x00\x00\x00"+"\x02card\x00"+"\x07\x00\x00\x00[card]\x00"+"\x00", document)
	require.Len(t, document, 0x16)
}

// No encoder shows a token: it is in a function, and nothing looks inside one.
func TestEncodersHideTheToken(t *testing.T) {
	t.Parallel()
	c := clienttest.NewClient(t, clienttest.AnsweringJSON(200, clienttest.Grant("canary-token", 0, 6_000_000_000)))
	secret, err := c.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "canary-token", secret.AccessToken())
	for encoder, encode := range encoders {
		for place, v := range holders(secret) {
			text, err := encode(v)
			require.NotContains(t, string(text)+fmt.Sprint(err), "canary", "%s of a token, %s", encoder, place)
		}
	}
	for way, show := range openWays {
		require.NotContains(t, show(secret), "canary", way)
	}
}

// verb is a format that go vet, which refuses these verbs for values, cannot see.
func verb(letter string) string { return "%" + letter }

// openWays print the fields of a struct without its methods. The comment of Card
// contains each of these names.
var openWays = map[string]func(v any) string{
	"unexported field": func(v any) string {
		if card, ok := v.(iamport.Card); ok {
			return fmt.Sprint(struct{ card iamport.Card }{card})
		}
		return fmt.Sprint(struct{ token iamport.Token }{v.(iamport.Token)})
	},
	"%p":            func(v any) string { return fmt.Sprintf(verb("p"), v) },
	"%w":            func(v any) string { return fmt.Sprintf(verb("w"), v) },
	"encoding/json": embedded(json.Marshal),
	"encoding/xml":  embedded(xml.Marshal),
	"encoding/asn1": func(v any) string {
		text, err := asn1.Marshal(v)
		return string(text) + fmt.Sprint(err)
	},
	"go/ast.Print": func(v any) string {
		var b bytes.Buffer
		_ = ast.Fprint(&b, nil, v, nil)
		return b.String()
	},
	"testify": func(v any) string {
		var b recorder
		assert.Equal(&b, reflect.Zero(reflect.TypeOf(v)).Interface(), v)
		_, diff, _ := strings.Cut(b.String(), "Diff:")
		return diff
	},
	"copies a struct to a map": func(v any) string {
		fields := map[string]any{}
		value := reflect.ValueOf(v)
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				fields[value.Type().Field(i).Name] = value.Field(i).Interface()
			}
		}
		return fmt.Sprint(fields)
	},
}

// embedded encodes a value embedded together with another type whose methods have the
// same names, so that the struct has none of them.
func embedded(marshal func(any) ([]byte, error)) func(any) string {
	return func(v any) string {
		type Holder struct {
			iamport.Card
			iamport.Amount
		}
		card, ok := v.(iamport.Card)
		if !ok {
			return ""
		}
		text, err := marshal(Holder{Card: card})
		return string(text) + fmt.Sprint(err)
	}
}

type recorder struct{ strings.Builder }

func (r *recorder) Errorf(format string, args ...any) { _, _ = fmt.Fprintf(r, format, args...) }

// The comment of Card lists exactly the ways that print it.
func TestCommentOfCardIsExact(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../../card.go", nil, parser.ParseComments)
	require.NoError(t, err)
	comment := ""
	for _, decl := range file.Decls {
		if types, ok := decl.(*ast.GenDecl); ok && types.Tok == token.TYPE && types.Specs[0].(*ast.TypeSpec).Name.Name == "Card" {
			comment = regexp.MustCompile(`\s+`).ReplaceAllString(types.Doc.Text(), " ")
		}
	}
	hides, shows, found := strings.Cut(comment, "No method can prevent the other ways")
	require.True(t, found, comment)
	for way, show := range openWays {
		require.Contains(t, show(printedCard), "canary-", "%s shows it", way)
		require.Contains(t, shows, way)
	}
	for _, way := range []string{"fmt", "log/slog", "text/template", "JSON", "XML", "YAML", "gob", "BSON"} {
		require.Contains(t, hides, way)
	}
}
