package generic

// The names that are looked for, the likeliest first. They are compared without regard to case and punctuation: "eventtime" finds
// eventTime, EVENT_TIME and event-time.
var (
	actionNames = []string{"action", "actionname", "eventname", "eventtype", "eventtypename", "operation", "operationname", "event",
		"activity", "activityname", "activitytype", "auditlogevent", "methodname", "verb", "command"}
	weakActionNames = []string{"type", "name", "method"}

	timeNames = []string{"timestamp", "time", "ts", "eventtime", "eventtimestamp", "datetime", "date", "createdat", "created", "datecreate",
		"creationtime", "published", "occurredat", "effectiveat", "generateddatetime", "timecreated", "timegenerated", "isotimestamp",
		"attimestamp", "atsigntimestamp", "requestreceivedtimestamp", "recorded", "starttime", "updatedat"}

	eventIDNames = []string{"eventid", "eventuuid", "logid", "auditid", "activityuuid", "recorduuid"}
	idNames      = []string{"id", "uuid", "_id", "uid"}

	actorNames = []string{"actor", "user", "useridentity", "principal", "subject", "initiator", "createdby", "targetuser", "account"}
	loginNames = []string{"username", "user", "actor", "loginname", "login", "useremail", "email", "emailaddress", "operator", "adminid",
		"actorname", "actoremail", "userprincipalname", "principal", "subject", "initiator", "createdby", "account"}
	userIDNames = []string{"userid", "actorid", "accountid", "uid"}

	ipNames = []string{"ip", "ipaddress", "sourceip", "sourceipaddress", "sourceips", "clientip", "clientipaddress", "remoteaddress",
		"remoteip", "remoteaddr", "addrremote", "srcip", "srcaddr", "requestip", "callerip", "calleripaddress", "ipaddr", "xforwardedfor"}
	agentNames   = []string{"useragent", "rawuseragent", "ua", "requestuseragent", "httpuseragent", "browsertype"}
	channelNames = []string{"channel", "platform", "interface", "origin", "reportedclienttype", "clienttype", "contexttype"}

	moduleNames = []string{"module", "servicename", "service", "eventsource", "category", "eventcategory", "categorytype", "auditlogtype",
		"application", "applicationname", "app", "product", "component", "logger"}
	projectIDs = []string{"projectid", "project", "organizationid", "orgid", "workspaceid", "customerid", "recipientaccountid", "groupid",
		"tenantid", "accountid"}
	projectNames = []string{"projectname", "organizationname", "orgname", "workspacename", "tenantname", "accountname"}

	messageNames = []string{"message", "msg", "description", "summary", "displaymessage", "operationdetail", "changedescription",
		"primarydescription", "text", "content", "details"}

	resultNames = []string{"result", "outcome", "status", "success", "issuccess", "succeeded", "actionresult", "loginstatus", "resultstatus",
		"resulttype", "statuscode"}
	errorCodeNames    = []string{"errorcode", "errcode", "errornumber"}
	errorMessageNames = []string{"errormessage", "error", "err", "errors", "failurereason", "reason"}
)
