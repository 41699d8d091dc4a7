// Package contract describes the API as data: the operations of the subscription API
// with their parameters and answers, and the deliberate differences of the iamport
// package. Tests compare the package with it.
package contract

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:generate go test -run ^Test(Table|Gateways)$ -update .

//go:embed contract.json
var source []byte

// API is the whole contract.
type API struct {
	Operations []Operation     `json:"operations"`
	Types      map[string]Type `json:"types"`
}

// Operation is one method and path of the API.
type Operation struct {
	// Op is the method of Client that calls it. Also are other methods that call it.
	Op   string   `json:"op"`
	Also []string `json:"also"`
	// Twin marks an operation that is equal to another one of the same Op, and is never
	// called.
	Twin       bool        `json:"twin"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Parameters []Parameter `json:"parameters"`
	Answer     Answer      `json:"answer"`
}

// Parameter is one parameter of an operation, or one property of a parameter.
type Parameter struct {
	Name string `json:"name"`
	// In is path, query or body, and empty for a property.
	In         string      `json:"in"`
	Type       string      `json:"type"`
	Items      string      `json:"items"` // the type of an array's items
	Required   bool        `json:"required"`
	Max        int         `json:"max"` // in characters, 0 for no limit
	Enum       []string    `json:"enum"`
	Deprecated bool        `json:"deprecated"`
	Properties []Parameter `json:"properties"` // of an object, or of an array's items
	// Go is the field or argument that sets it, if its name differs.
	Go   string    `json:"go"`
	Here Deviation `json:"here"`
}

// Deviation is a difference between the iamport package and the schema, with its
// reason.
type Deviation struct {
	Optional   bool        `json:"optional"`
	Required   bool        `json:"required"`
	WithCard   bool        `json:"with_card"` // required as soon as a card is given
	Omitted    bool        `json:"omitted"`
	Default    string      `json:"default"` // what is sent without one
	Max        int         `json:"max"`
	Enum       []string    `json:"enum"`
	Type       string      `json:"type"`
	Properties []Parameter `json:"properties"`
	Why        string      `json:"why"`
}

// Answer is the response of an operation: one object of one of the types, an
// array of them, or a page.
type Answer struct {
	Types []string `json:"types"`
	Shape string   `json:"shape"` // object, array or page
	Here  struct {
		Types []string `json:"types"` // in place of Types
		Shape string   `json:"shape"` // beside Shape
		Why   string   `json:"why"`
	} `json:"here"`
}

// Type is the type of an answer.
type Type struct {
	// Go is the Go type if it has another name.
	Go         string     `json:"go"`
	Properties []Property `json:"properties"`
}

// Property is one property of a type.
type Property struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Of   string `json:"of"` // the type of an object, or of an array's items
	Here struct {
		Aliases []string `json:"aliases"` // other spellings
		Why     string   `json:"why"`
	} `json:"here"`
}

// Load reads the contract.
func Load() (*API, error) {
	decoder := json.NewDecoder(bytes.NewReader(source))
	decoder.DisallowUnknownFields()
	api := new(API)
	if err := decoder.Decode(api); err != nil {
		return nil, fmt.Errorf("contract.json: %w", err)
	}
	return api, nil
}

// Flat returns the parameters that hold a value, by their location and full name,
// such as "path customer_uid", "body extra.naverUseCfm" or "body schedules[].amount",
// with the deviations applied. Those that are never sent are left out.
func (o Operation) Flat() map[string]Parameter {
	flat := make(map[string]Parameter)
	flatten(flat, "", "", o.Parameters)
	return flat
}

func flatten(flat map[string]Parameter, in, prefix string, parameters []Parameter) {
	for _, p := range parameters {
		p = p.here()
		if p.In == "" {
			p.In = in
		}
		switch {
		case p.Here.Omitted:
		case p.Type == "object":
			flatten(flat, p.In, prefix+p.Name+".", p.Properties)
		case p.Items == "object":
			flatten(flat, p.In, prefix+p.Name+"[].", p.Properties)
		default:
			flat[p.In+" "+prefix+p.Name] = p
		}
	}
}

// here applies the deviations.
func (p Parameter) here() Parameter {
	d := p.Here
	p.Required = p.Required && !d.Optional || d.Required
	if d.Max != 0 {
		p.Max = d.Max
	}
	if d.Enum != nil {
		p.Enum = d.Enum
	}
	if d.Type != "" {
		p.Type = d.Type
	}
	if d.Properties != nil {
		p.Properties = d.Properties
	}
	return p
}

// Field returns the Go spelling of p, in lower case: that of Go if it is set,
// otherwise the name without its underscores.
func (p Parameter) Field() string {
	if p.Go != "" {
		return strings.ToLower(p.Go)
	}
	return Fold(p.Name)
}

// Fold converts customer_uid and CustomerUID to the same spelling.
func Fold(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// Methods returns the methods of Client that make the operation.
func (o Operation) Methods() []string {
	if o.Twin {
		return nil
	}
	return append([]string{o.Op}, o.Also...)
}
