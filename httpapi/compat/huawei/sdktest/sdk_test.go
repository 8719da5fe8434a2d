package sdktest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	rds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3/model"
)

// TestGoSDK drives one server with the SDK's clients. The parts follow one another: none changes what a later one reads.
func TestGoSDK(t *testing.T) {
	s := start(t)
	first := firstHalf(time.Now())
	ours := s.sendEvents(t, first)
	reader := s.credential(t, "reader", ourProject)
	client := s.rds(t, reader, ourProject)

	t.Run("list", func(t *testing.T) { testList(t, client, first) })
	t.Run("download", func(t *testing.T) { testDownload(t, client, first, ours) })
	t.Run("instances", func(t *testing.T) { testInstances(t, client) })
	t.Run("project by region", func(t *testing.T) { testProjectByRegion(t, s, reader, first) })
	t.Run("domain", func(t *testing.T) { testDomain(t, s, reader) })
	t.Run("derived key", func(t *testing.T) { testDerivedKey(t, s, reader, first) })
	t.Run("token", func(t *testing.T) { testToken(t, s, reader, first) })
	t.Run("refusals", func(t *testing.T) { testRefusals(t, s, reader, first) })
	t.Run("bad requests", func(t *testing.T) { testBadRequests(t, client, first) })
	t.Run("lockout", func(t *testing.T) { testLockout(t, s, first) })
	t.Run("policy", func(t *testing.T) { testPolicy(t, s, client, first) })
}

// rds is a client as the vendor's documents make one, but for the endpoint.
func (s *server) rds(t *testing.T, k keys, project string) *rds.RdsClient {
	t.Helper()
	credentials, err := basic.NewCredentialsBuilder().WithAk(k.Access).WithSk(k.Secret).WithProjectId(project).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	client, err := rds.RdsClientBuilder().WithEndpoint(s.base).WithCredential(credentials).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	return rds.NewRdsClient(client)
}

// rdsIn is a client that knows its region only, and asks IAM for the project. The region's name is the SDK's way to ask.
func (s *server) rdsIn(k keys, name string) (*rds.RdsClient, error) {
	credentials, err := basic.NewCredentialsBuilder().WithAk(k.Access).WithSk(k.Secret).WithIamEndpointOverride(s.base).SafeBuild()
	if err != nil {
		return nil, err
	}
	client, err := rds.RdsClientBuilder().WithRegion(region.NewRegion(name, s.base)).WithCredential(credentials).SafeBuild()
	return rds.NewRdsClient(client), err
}

// iam is a client that has a token, or none yet.
func (s *server) iam(t *testing.T, token string) *iam.IamClient {
	t.Helper()
	client, err := iam.IamClientBuilder().WithEndpoint(s.base).WithCredential(iam.NewIamCredentialsBuilder().WithXAuthToken(token).Build()).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	return iam.NewIamClient(client)
}

// beijing is the time zone of the vendor's examples.
var beijing = time.FixedZone("", 8*60*60)

// zoned writes a time as the vendor does.
func zoned(t time.Time) string { return t.In(beijing).Format("2006-01-02T15:04:05-0700") }

// listOf asks for a page of the files of a day from a time on.
func listOf(instance string, first time.Time, offset, limit int32) *model.ListAuditlogsRequest {
	language := "en-us"
	return &model.ListAuditlogsRequest{XLanguage: &language, InstanceId: instance, StartTime: zoned(first), EndTime: zoned(first.Add(23 * time.Hour)), Offset: offset, Limit: limit}
}

// refused fails the test unless the error is an answer of the server with the status, the code and, at its beginning, the message. Every answer has
// the ID of its request.
func refused(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	var answer *sdkerr.ServiceResponseError
	if !errors.As(err, &answer) {
		t.Errorf("the error is %v, want an answer %d %s", err, status, code)
		return
	}
	if answer.StatusCode != status || answer.ErrorCode != code || !strings.HasPrefix(answer.ErrorMessage, message) || answer.RequestId == "" {
		t.Errorf("the answer is %+v, want %d %s %q and a request's ID", *answer, status, code, message)
	}
}
