package sdktest

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/global"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/impl"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	iam "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3"
	iammodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/iam/v3/model"
	rds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/rds/v3/model"
)

// client makes one of RDS as the SDK's documentation does: with a region, whose project the SDK looks up by its name.
func (s *server) client(t *testing.T, ak, sk string, derived bool) *rds.RdsClient {
	t.Helper()
	b := basic.NewCredentialsBuilder().WithAk(ak).WithSk(sk).WithIamEndpointOverride(s.url)
	if derived {
		b = b.WithDerivedPredicate(func(*request.DefaultHttpRequest) bool { return true })
	}
	credentials, err := b.SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	h, err := rds.RdsClientBuilder().WithRegion(region.NewRegion("cn-north-4", s.url)).WithCredential(credentials).WithDerivedAuthServiceName("rds").SafeBuild()
	if err != nil {
		t.Fatalf("make a client: %v", err)
	}
	return rds.NewRdsClient(h)
}

// wantError holds an error against what the SDK reads of it.
func wantError(t *testing.T, err error, status int, code, says string) {
	t.Helper()
	var e *sdkerr.ServiceResponseError
	if !errors.As(err, &e) || e.StatusCode != status || e.ErrorCode != code || !strings.Contains(e.ErrorMessage, says) || e.RequestId == "" {
		t.Errorf("%v, want %d %s with %q", err, status, code, says)
	}
}

// twoFiles sends events of a past hour, which make two files of instance db1.
func (s *server) twoFiles(t *testing.T) (first time.Time) {
	t.Helper()
	first = time.Now().UTC().Truncate(time.Hour).Add(-3 * time.Hour)
	var events []string
	for n := range 7 {
		events = append(events, fmt.Sprintf(`{"id":"e%d","tenant":"shop","time":%q,"action":"orders.insert","operation":"create","actor":{"name":"amy"},"project":{"id":"db1","name":"orders"},"description":"a, \"b\""}`,
			n, first.Add(time.Duration(n)*9*time.Minute).Format(time.RFC3339)))
	}
	events = append(events, fmt.Sprintf(`{"id":"x","tenant":"other","time":%q,"action":"a","project":{"id":"db1"}}`, first.Format(time.RFC3339)))
	s.post(t, "["+strings.Join(events, ",")+"]")
	return first
}

func list(start time.Time, offset, limit int32) *model.ListAuditlogsRequest {
	language := "en-us"
	const layout = "2006-01-02T15:04:05-0700"
	zone := time.FixedZone("", 8*60*60)
	return &model.ListAuditlogsRequest{XLanguage: &language, InstanceId: "db1", StartTime: start.In(zone).Format(layout), EndTime: start.Add(24 * time.Hour).In(zone).Format(layout),
		Offset: offset, Limit: limit}
}

// TestFiles lists, pages, gets links and downloads, with each way to sign.
func TestFiles(t *testing.T) {
	s := startServer(t)
	start := s.twoFiles(t)
	ak, sk := s.credential(t, "reader", "shop")
	for _, derived := range []bool{false, true} {
		c := s.client(t, ak, sk, derived)
		all, err := c.ListAuditlogs(list(start, 0, 50))
		if err != nil {
			t.Fatal(err)
		}
		if *all.TotalRecord != 2 || len(*all.Auditlogs) != 2 {
			t.Fatalf("%v", all)
		}
		var ids []string
		for offset := range int32(3) {
			page, err := c.ListAuditlogs(list(start, offset, 1))
			if err != nil {
				t.Fatal(err)
			}
			if *page.TotalRecord != 2 || len(*page.Auditlogs) != min(1, 2-int(offset)) {
				t.Errorf("offset %d: %v", offset, page)
			}
			for _, f := range *page.Auditlogs {
				ids = append(ids, *f.Id)
			}
		}
		links, err := c.ShowAuditlogDownloadLink(&model.ShowAuditlogDownloadLinkRequest{InstanceId: "db1", Body: &model.GenerateAuditlogDownloadLinkRequest{Ids: ids}})
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for n, link := range *links.Links {
			status, body := download(t, link)
			lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
			if status != 200 || err != nil || len(lines[0]) != 12 {
				t.Fatalf("%d %v %s", status, err, body)
			}
			if f := (*all.Auditlogs)[n]; *f.Id != ids[n] || *f.Size != float64(len(body))/1024 || !strings.HasSuffix(*f.BeginTime, "+0800") {
				t.Errorf("%v: %d bytes", f, len(body))
			}
			for _, line := range lines {
				rows++
				if line[3] != "QUERY" || line[6] != `orders.insert a, "b"` || line[7] != "amy" {
					t.Errorf("%q", line)
				}
			}
		}
		if rows != 7 {
			t.Errorf("%d rows", rows)
		}
	}
}

// TestInstances: what Terraform looks up before it does anything.
func TestInstances(t *testing.T) {
	s := startServer(t)
	s.twoFiles(t)
	ak, sk := s.credential(t, "reader", "shop")
	id := "db1"
	found, err := s.client(t, ak, sk, false).ListInstances(&model.ListInstancesRequest{Id: &id})
	if err != nil {
		t.Fatal(err)
	}
	if got := *found.Instances; *found.TotalCount != 1 || got[0].Id != "db1" || got[0].Name != "orders" || got[0].Status != "ACTIVE" || got[0].Datastore.Version != "8.0" {
		t.Errorf("%v", found)
	}
}

// TestPolicy reads and sets the policy.
func TestPolicy(t *testing.T) {
	s := startServer(t)
	s.twoFiles(t)
	ak, sk := s.credential(t, "admin", "shop")
	c := s.client(t, ak, sk, false)
	get := func() *model.ShowAuditlogPolicyResponse {
		t.Helper()
		p, err := c.ShowAuditlogPolicy(&model.ShowAuditlogPolicyRequest{InstanceId: "db1"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	var types map[string]string
	if p := get(); *p.KeepDays != 732 || json.Unmarshal([]byte(*p.AllAuditLogAction), &types) != nil || len(types) != 4 {
		t.Errorf("%v", p)
	}
	set := &model.SetAuditlogPolicyRequest{InstanceId: "db1", Body: &model.SetAuditlogPolicyRequestBody{KeepDays: 7, AuditTypes: &[]string{"INSERT"}}}
	done, err := c.SetAuditlogPolicy(set)
	if err != nil || *done.Status != "COMPLETED" {
		t.Fatalf("%v, %v", done, err)
	}
	if p := get(); *p.KeepDays != 7 || (*p.AuditTypes)[0] != "INSERT" {
		t.Errorf("%v", p)
	}
	set.Body.KeepDays = 733
	_, err = c.SetAuditlogPolicy(set)
	wantError(t, err, 400, "DBS.280250", "keep_days")
	set.Body.KeepDays = 7

	ak, sk = s.credential(t, "reader", "shop")
	_, err = s.client(t, ak, sk, false).SetAuditlogPolicy(set)
	wantError(t, err, 403, "APIGW.0302", "not authorized")
}

// TestErrors: what the SDK makes of refusals.
func TestErrors(t *testing.T) {
	s := startServer(t)
	start := s.twoFiles(t)
	ak, sk := s.credential(t, "reader", "shop")
	c := s.client(t, ak, sk, false)
	_, err := c.ListAuditlogs(list(start, 0, 51))
	wantError(t, err, 400, "DBS.280001", "limit")
	request := list(start, 0, 50)
	request.InstanceId = "nothing"
	_, err = c.ListAuditlogs(request)
	wantError(t, err, 404, "DBS.200002", "does not exist")
	_, err = c.ShowAuditlogDownloadLink(&model.ShowAuditlogDownloadLinkRequest{InstanceId: "db1", Body: &model.GenerateAuditlogDownloadLinkRequest{Ids: []string{"x"}}})
	wantError(t, err, 403, "DBS.280015", "permission denied")

	f := func(ak, sk, project string) error {
		credentials, err := basic.NewCredentialsBuilder().WithAk(ak).WithSk(sk).WithProjectId(project).SafeBuild()
		if err != nil {
			t.Fatal(err)
		}
		h, err := rds.RdsClientBuilder().WithEndpoint(s.url).WithCredential(credentials).SafeBuild()
		if err != nil {
			t.Fatal(err)
		}
		_, err = rds.NewRdsClient(h).ListAuditlogs(list(start, 0, 50))
		return err
	}
	if err := f(ak, sk, "shop"); err != nil {
		t.Error(err)
	}
	wantError(t, f(ak, sk, "other"), 404, "DBS.200002", "does not exist")
	wantError(t, f(ak, sk, "nobody"), 404, "DBS.200002", "does not exist")
	for range 5 {
		wantError(t, f(ak, sk+"x", "shop"), 401, "APIGW.0301", "verify aksk signature fail")
	}
	wantError(t, f(ak, sk, "shop"), 401, "APIGW.0301", "AK access failed to reach the limit,forbidden")
}

// tokenCredential sends a token. The SDK has none of its own, and takes one of any kind.
type tokenCredential struct{ project, token string }

func (c *tokenCredential) ProcessAuthParams(*impl.DefaultHttpClient, string) (auth.ICredential, error) {
	return c, nil
}

func (c *tokenCredential) ProcessAuthRequest(_ *impl.DefaultHttpClient, r *request.DefaultHttpRequest) (*request.DefaultHttpRequest, error) {
	return r.Builder().AddAutoFilledPathParam("project_id", c.project).AddHeaderParam("X-Auth-Token", c.token).Build(), nil
}

// TestTokens gets a token, verifies it, and asks with it.
func TestTokens(t *testing.T) {
	s := startServer(t)
	start := s.twoFiles(t)
	ak, sk := s.credential(t, "reader", "shop")
	credentials, err := global.NewCredentialsBuilder().WithAk(ak).WithSk(sk).WithIamEndpointOverride(s.url).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	h, err := iam.IamClientBuilder().WithRegion(region.NewRegion("cn-north-4", s.url)).WithCredential(credentials).SafeBuild() // looks its domain up
	if err != nil {
		t.Fatal(err)
	}
	c := iam.NewIamClient(h)
	projects, err := c.KeystoneListProjects(&iammodel.KeystoneListProjectsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got := *projects.Projects; len(got) != 1 || got[0].Id != "shop" || !got[0].Enabled {
		t.Errorf("%v", projects)
	}
	name := "cn-north-4"
	ask := func(password string) (*iammodel.KeystoneCreateUserTokenByPasswordResponse, error) {
		return c.KeystoneCreateUserTokenByPassword(&iammodel.KeystoneCreateUserTokenByPasswordRequest{Body: &iammodel.KeystoneCreateUserTokenByPasswordRequestBody{Auth: &iammodel.PwdAuth{
			Identity: &iammodel.PwdIdentity{Methods: []iammodel.PwdIdentityMethods{iammodel.GetPwdIdentityMethodsEnum().PASSWORD},
				Password: &iammodel.PwdPassword{User: &iammodel.PwdPasswordUser{Name: ak, Password: password, Domain: &iammodel.PwdPasswordUserDomain{Name: "d"}}}},
			Scope: &iammodel.AuthScope{Project: &iammodel.AuthScopeProject{Name: &name}}}}})
	}
	given, err := ask(sk)
	if err != nil {
		t.Fatal(err)
	}
	token := *given.XSubjectToken
	if given.Token.Project.Id != "shop" || given.Token.User.Name != ak || token == "" {
		t.Errorf("%v", given)
	}
	verified, err := c.KeystoneValidateToken(&iammodel.KeystoneValidateTokenRequest{XSubjectToken: token})
	if err != nil || verified.Token.ExpiresAt != given.Token.ExpiresAt {
		t.Errorf("%v, %v", verified, err)
	}
	_, err = ask(sk + "x")
	wantError(t, err, 401, "", "The username or password is wrong.")

	b, err := rds.RdsClientBuilder().WithEndpoint(s.url).WithCredentialsType("sdktest.tokenCredential").WithCredential(&tokenCredential{"shop", token}).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	files, err := rds.NewRdsClient(b).ListAuditlogs(list(start, 0, 50))
	if err != nil || *files.TotalRecord != 2 {
		t.Errorf("%v, %v", files, err)
	}
	b, err = rds.RdsClientBuilder().WithEndpoint(s.url).WithCredentialsType("sdktest.tokenCredential").WithCredential(&tokenCredential{"shop", token + "x"}).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	_, err = rds.NewRdsClient(b).ListAuditlogs(list(start, 0, 50))
	wantError(t, err, 401, "APIGW.0301", "decrypt token fail")
}
