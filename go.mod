module github.com/iamport-go/iamport

go 1.26.0

require (
	github.com/cenkalti/backoff/v5 v5.0.3
	github.com/jarcoal/httpmock v1.4.2
	github.com/stretchr/testify v1.12.1
	golang.org/x/sync v0.24.0
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
