module github.com/iamport-go/iamport

go 1.26.0

require (
	github.com/cenkalti/backoff/v5 v5.0.3
	github.com/jarcoal/httpmock v1.4.2
	github.com/stretchr/testify v1.12.1
	go.yaml.in/yaml/v3 v3.0.5
	golang.org/x/sync v0.24.0
	golang.org/x/text v0.43.0
	golang.org/x/time v0.16.0
)
