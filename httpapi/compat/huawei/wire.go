package huawei

// The shapes on the wire, as the vendor's SDKs read and write them (huaweicloud-sdk-go-v3, services/rds/v3/model and services/iam/v3/model).

type failureReply struct {
	Code      string `json:"error_code"`
	Message   string `json:"error_msg"`
	RequestID string `json:"request_id,omitempty"`
}

type iamFailureReply struct {
	Error iamFailure `json:"error"`
}

type iamFailure struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Title   string `json:"title"`
}

// filesReply answers GET …/auditlog.
type filesReply struct {
	Files []fileReply `json:"auditlogs"`
	Total int         `json:"total_record"`
}

type fileReply struct {
	ID    string  `json:"id"`
	Name  string  `json:"name"`
	Size  float64 `json:"size"` // KB
	Begin string  `json:"begin_time"`
	End   string  `json:"end_time"`
}

// linksRequest is what POST …/auditlog-links takes.
type linksRequest struct {
	IDs []string `json:"ids"`
}

type linksReply struct {
	Links []string `json:"links"`
}

// policyRequest is what PUT …/auditlog-policy takes.
type policyRequest struct {
	KeepDays *int     `json:"keep_days"`
	Reserve  *bool    `json:"reserve_auditlogs"`
	Types    []string `json:"audit_types"`
}

type policyReply struct {
	KeepDays int      `json:"keep_days"`
	Types    []string `json:"audit_types"`
	All      string   `json:"all_audit_log_action"` // a JSON document
}

type policyChanged struct {
	Status string `json:"status"`
}

// instancesReply answers GET /v3/{project_id}/instances.
type instancesReply struct {
	Instances []instanceReply `json:"instances"`
	Total     int             `json:"total_count"`
}

// instanceReply is a database as the SDK and Terraform read one. What events do not say of it is what any instance might have.
type instanceReply struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Status      string    `json:"status"`
	Type        string    `json:"type"`
	Region      string    `json:"region"`
	Datastore   datastore `json:"datastore"`
	Created     string    `json:"created"`
	Updated     string    `json:"updated"`
	Port        int       `json:"port"`
	EnableSSL   bool      `json:"enable_ssl"`
	PrivateIPs  []string  `json:"private_ips"`
	PublicIPs   []string  `json:"public_ips"`
	DBUserName  string    `json:"db_user_name"`
	Flavor      string    `json:"flavor_ref"`
	VPC         string    `json:"vpc_id"`
	Subnet      string    `json:"subnet_id"`
	Group       string    `json:"security_group_id"`
	TimeZone    string    `json:"time_zone"`
	Volume      volume    `json:"volume"`
	Backup      backup    `json:"backup_strategy"`
	Maintenance string    `json:"maintenance_window"`
	Switch      string    `json:"switch_strategy"`
	Enterprise  string    `json:"enterprise_project_id"`
	Encryption  string    `json:"disk_encryption_id"`
	Charge      charge    `json:"charge_info"`
	Nodes       []empty   `json:"nodes"`
	Related     []empty   `json:"related_instance"`
	Tags        []empty   `json:"tags"`
}

type (
	datastore struct {
		Type    string `json:"type"`
		Version string `json:"version"`
	}
	volume struct {
		Type string `json:"type"`
		Size int    `json:"size"` // GB
	}
	backup struct {
		StartTime string `json:"start_time"`
		KeepDays  int    `json:"keep_days"`
	}
	charge struct {
		Mode string `json:"charge_mode"`
	}
	empty struct{}
)

// tokenRequest is what POST /v3/auth/tokens takes.
type tokenRequest struct {
	Auth struct {
		Identity struct {
			Methods  []string `json:"methods"`
			Password struct {
				User struct {
					ID       string `json:"id"`
					Name     string `json:"name"`
					Password string `json:"password"`
					Domain   idName `json:"domain"`
				} `json:"user"`
			} `json:"password"`
		} `json:"identity"`
		Scope struct {
			Project *idName `json:"project"`
			Domain  *idName `json:"domain"`
		} `json:"scope"`
	} `json:"auth"`
}

type idName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type tokenReply struct {
	Token tokenBody `json:"token"`
}

type tokenBody struct {
	Expires string        `json:"expires_at"`
	Issued  string        `json:"issued_at"`
	Methods []string      `json:"methods"`
	Catalog *[]empty      `json:"catalog,omitzero"` // nil: nocatalog
	Roles   []idName      `json:"roles"`
	Project *tokenProject `json:"project,omitempty"`
	Domain  *idName       `json:"domain,omitempty"`
	User    tokenUser     `json:"user"`
}

type tokenProject struct {
	idName
	Domain idName `json:"domain"`
}

type tokenUser struct {
	idName
	PasswordExpires string `json:"password_expires_at"`
	Domain          idName `json:"domain"`
}

type projectsReply struct {
	Projects []projectReply `json:"projects"`
	Links    selfLink       `json:"links"`
}

type projectReply struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	DomainID    string   `json:"domain_id"`
	ParentID    string   `json:"parent_id"`
	IsDomain    bool     `json:"is_domain"`
	Enabled     bool     `json:"enabled"`
	Description string   `json:"description"`
	Links       selfLink `json:"links"`
}

type domainsReply struct {
	Domains []domainReply `json:"domains"`
	Links   selfLink      `json:"links"`
}

type domainReply struct {
	idName
	Enabled bool     `json:"enabled"`
	Links   selfLink `json:"links"`
}

type selfLink struct {
	Self string `json:"self"`
}
