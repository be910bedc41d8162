/** Generated from specs/nodes.yaml by `npm run generate`: do not edit. */

import { codePoints, withSchemas } from '#plugin';

const schema6 = {"type":"object","additionalProperties":false,"properties":{"provider":{"enum":["hetzner","static"],"default":"hetzner","description":"Provider of the server; a `static` machine belongs to no cloud and is only probed."},"role":{"enum":["worker","system"],"default":"worker","description":"A system node is never drained, removed or replaced. The role is kept in the state and in a label: it outlives the document."},"pool":{"type":"string","minLength":1,"maxLength":253,"x-ref":"NodePool","description":"The NodePool of the node; a pool sets it on its members."},"address":{"type":"string","minLength":1,"maxLength":253,"description":"Host name or address of a static node."},"serverType":{"type":"string","minLength":1,"maxLength":63,"pattern":"^[A-Za-z0-9._-]+$","description":"Name of the server type. A change turns the server off."},"upgradeDisk":{"type":"boolean","default":false,"description":"Lets a larger server type enlarge the disk too; a later change to a smaller type is then impossible."},"image":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name of the image, or the id of a snapshot. A change destroys the data on the disk."},"onImageChange":{"enum":["rebuild","replace","ignore"],"default":"rebuild","description":"Action when the image changes: rebuild the server with a new disk, replace the server, or leave existing servers alone."},"location":{"type":"string","minLength":1,"maxLength":63,"pattern":"^[A-Za-z0-9._-]+$","description":"Name of its location. A change replaces it."},"sshKeys":{"type":"array","maxItems":100,"uniqueItems":true,"default":[],"description":"Names or ids of the SSH keys for the new server. A change replaces the server. Without a key, the provider sets a password that fettle discards.","items":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text"}},"userData":{"type":"string","maxLength":32768,"description":"Script for cloud-init at the first start; 32 KiB at most. The log contains it: put secrets into `userDataFile`. A change replaces the server."},"userDataFile":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"send","description":"File with the user data, relative to the document; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. Only its digest is recorded."},"networks":{"type":"array","maxItems":20,"description":"Private networks of the server. Defaults to the present ones.","items":{"type":"object","additionalProperties":false,"required":["network"],"properties":{"network":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name or id of the network."},"ip":{"type":"string","minLength":1,"maxLength":45,"description":"Address in the network. By default the provider chooses one."},"aliasIps":{"type":"array","maxItems":50,"uniqueItems":true,"default":[],"description":"Further addresses in the network.","items":{"type":"string","minLength":1,"maxLength":45}}}}},"firewalls":{"type":"array","maxItems":5,"uniqueItems":true,"description":"Names or ids of the firewalls of the server. Defaults to the present ones.","items":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text"}},"placementGroup":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name or id of the placement group. Joining one turns the server off. Defaults to the present one."},"volumes":{"type":"array","maxItems":16,"uniqueItems":true,"description":"Names or ids of the attached volumes. Defaults to the present ones.","items":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text"}},"labels":{"type":"object","default":{},"maxProperties":64,"description":"Labels at the provider. Labels from other sources stay.","additionalProperties":{"type":"string","maxLength":63,"pattern":"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"}},"backups":{"type":"boolean","description":"Daily backups, for 20 % of the price of the server. Turning them off deletes all backups. Defaults to the present setting."},"protection":{"type":"boolean","description":"Delete and rebuild protection at the provider, always both. Only a row of its own lifts the protection. Defaults to the present setting."},"publicNet":{"type":"object","additionalProperties":false,"default":{},"description":"Public addresses of the server. A change replaces the server.","properties":{"ipv4":{"type":"boolean","default":true,"description":"Whether the server has a public IPv4 address."},"ipv6":{"type":"boolean","default":true,"description":"Whether the server has a public IPv6 network."},"ipv4Address":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name or id of a primary IP to use, instead of a new one."},"ipv6Address":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name or id of a primary IP to use, instead of a new one."}}},"power":{"enum":["on","off"],"default":"on","description":"Whether the server runs."},"readyGrace":{"type":"string","format":"duration","default":"30m","description":"Time that a node without any container so far must have been ready before its removal."},"idleGrace":{"type":"string","format":"duration","default":"30m","description":"Time that a node must have been empty before its removal."},"drainGrace":{"type":"string","format":"duration","default":"5m","description":"Least time between the draining of a node and its removal."},"startDeadline":{"type":"string","format":"duration","default":"15m","description":"Deadline from the creation to the first readiness; a later node is unhealthy."},"readiness":{"type":"object","additionalProperties":false,"minProperties":1,"maxProperties":1,"default":{"after":"2m"},"description":"Probe for readiness, and for health from then on: exactly one kind.","properties":{"tcp":{"type":"object","additionalProperties":false,"required":["port"],"description":"A TCP port accepts connections.","properties":{"port":{"type":"integer","minimum":1,"maximum":65535},"network":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Private network to probe through. Defaults to the public address."}}},"http":{"type":"object","additionalProperties":false,"required":["port"],"description":"A GET is answered with a status from 200 to 399.","properties":{"port":{"type":"integer","minimum":1,"maximum":65535},"path":{"type":"string","maxLength":2048,"pattern":"^/[!-~]*$","default":"/","description":"Path and query, in ASCII without spaces."},"network":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Private network to probe through. Defaults to the public address."}}},"label":{"type":"string","minLength":1,"maxLength":317,"pattern":"^[^=\\s]+=[^=\\s]*$","description":"The server has this label, `key=value`, which another program sets."},"after":{"type":"string","format":"duration","description":"The node is ready this long after its creation."}}},"workloads":{"type":"object","additionalProperties":false,"default":{},"description":"Containers of the node at the workload source.","properties":{"name":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name of the node at the source. Defaults to the node's own name."},"none":{"type":"boolean","default":false,"description":"The node is not at the source, and its removal needs no list of its containers."}}}}};
const func2 = Object.prototype.hasOwnProperty;
const func3 = codePoints;
const pattern0 = new RegExp("^[A-Za-z0-9._-]+$", "u");
const pattern2 = new RegExp("^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$", "u");
const pattern3 = new RegExp("^/[!-~]*$", "u");
const pattern4 = new RegExp("^[^=\\s]+=[^=\\s]*$", "u");
const formats0 = /^[^\u0000-\u001f\u007f-\u009f]*$/u;
const formats4 = /^(?![~$\s]|[A-Za-z]:|%[^%/]*%)(?!.*(?:\/\/|\s$|(?:^\.{1,2}|\/\.{0,2})$))[^\u0000-\u001f\u007f-\u009f\ud800-\udfff\\\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]*$/u;
const formats18 = /^(?:0|[1-9][0-9]{0,8})(?:ms|s|m|h|d)$/u;
function validate21(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.provider === undefined){
data.provider = "hetzner";
}
if(data.role === undefined){
data.role = "worker";
}
if(data.upgradeDisk === undefined){
data.upgradeDisk = false;
}
if(data.onImageChange === undefined){
data.onImageChange = "rebuild";
}
if(data.sshKeys === undefined){
data.sshKeys = [];
}
if(data.labels === undefined){
data.labels = {};
}
if(data.publicNet === undefined){
data.publicNet = {};
}
if(data.power === undefined){
data.power = "on";
}
if(data.readyGrace === undefined){
data.readyGrace = "30m";
}
if(data.idleGrace === undefined){
data.idleGrace = "30m";
}
if(data.drainGrace === undefined){
data.drainGrace = "5m";
}
if(data.startDeadline === undefined){
data.startDeadline = "15m";
}
if(data.readiness === undefined){
data.readiness = {"after":"2m"};
}
if(data.workloads === undefined){
data.workloads = {};
}
for(const key0 in data){
if(!(func2.call(schema6.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err0);
errors++;
}
}
let data0 = data.provider;
if(!((data0 === "hetzner") || (data0 === "static"))){
const err1 = {instancePath:instancePath+"/provider",schemaPath:"#/properties/provider/enum",keyword:"enum",params:{allowedValues: schema6.properties.provider.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err1);
errors++;
}
let data1 = data.role;
if(!((data1 === "worker") || (data1 === "system"))){
const err2 = {instancePath:instancePath+"/role",schemaPath:"#/properties/role/enum",keyword:"enum",params:{allowedValues: schema6.properties.role.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err2);
errors++;
}
if(data.pool !== undefined){
let data2 = data.pool;
if(typeof data2 === "string"){
if(func3(data2) > 253){
const err3 = {instancePath:instancePath+"/pool",schemaPath:"#/properties/pool/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err3);
errors++;
}
if(func3(data2) < 1){
const err4 = {instancePath:instancePath+"/pool",schemaPath:"#/properties/pool/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err4);
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/pool",schemaPath:"#/properties/pool/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err5);
errors++;
}
}
if(data.address !== undefined){
let data3 = data.address;
if(typeof data3 === "string"){
if(func3(data3) > 253){
const err6 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err6);
errors++;
}
if(func3(data3) < 1){
const err7 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err7);
errors++;
}
}
else {
const err8 = {instancePath:instancePath+"/address",schemaPath:"#/properties/address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err8);
errors++;
}
}
if(data.serverType !== undefined){
let data4 = data.serverType;
if(typeof data4 === "string"){
if(func3(data4) > 63){
const err9 = {instancePath:instancePath+"/serverType",schemaPath:"#/properties/serverType/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
(vErrors ??= []).push(err9);
errors++;
}
if(func3(data4) < 1){
const err10 = {instancePath:instancePath+"/serverType",schemaPath:"#/properties/serverType/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err10);
errors++;
}
if(!pattern0.test(data4)){
const err11 = {instancePath:instancePath+"/serverType",schemaPath:"#/properties/serverType/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9._-]+$"},message:"must match pattern \""+"^[A-Za-z0-9._-]+$"+"\""};
(vErrors ??= []).push(err11);
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/serverType",schemaPath:"#/properties/serverType/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err12);
errors++;
}
}
if(typeof data.upgradeDisk !== "boolean"){
const err13 = {instancePath:instancePath+"/upgradeDisk",schemaPath:"#/properties/upgradeDisk/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err13);
errors++;
}
if(data.image !== undefined){
let data6 = data.image;
if(typeof data6 === "string"){
if(func3(data6) > 253){
const err14 = {instancePath:instancePath+"/image",schemaPath:"#/properties/image/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err14);
errors++;
}
if(func3(data6) < 1){
const err15 = {instancePath:instancePath+"/image",schemaPath:"#/properties/image/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err15);
errors++;
}
if(!(formats0.test(data6))){
const err16 = {instancePath:instancePath+"/image",schemaPath:"#/properties/image/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err16);
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/image",schemaPath:"#/properties/image/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err17);
errors++;
}
}
let data7 = data.onImageChange;
if(!(((data7 === "rebuild") || (data7 === "replace")) || (data7 === "ignore"))){
const err18 = {instancePath:instancePath+"/onImageChange",schemaPath:"#/properties/onImageChange/enum",keyword:"enum",params:{allowedValues: schema6.properties.onImageChange.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err18);
errors++;
}
if(data.location !== undefined){
let data8 = data.location;
if(typeof data8 === "string"){
if(func3(data8) > 63){
const err19 = {instancePath:instancePath+"/location",schemaPath:"#/properties/location/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
(vErrors ??= []).push(err19);
errors++;
}
if(func3(data8) < 1){
const err20 = {instancePath:instancePath+"/location",schemaPath:"#/properties/location/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err20);
errors++;
}
if(!pattern0.test(data8)){
const err21 = {instancePath:instancePath+"/location",schemaPath:"#/properties/location/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9._-]+$"},message:"must match pattern \""+"^[A-Za-z0-9._-]+$"+"\""};
(vErrors ??= []).push(err21);
errors++;
}
}
else {
const err22 = {instancePath:instancePath+"/location",schemaPath:"#/properties/location/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err22);
errors++;
}
}
let data9 = data.sshKeys;
if(Array.isArray(data9)){
if(data9.length > 100){
const err23 = {instancePath:instancePath+"/sshKeys",schemaPath:"#/properties/sshKeys/maxItems",keyword:"maxItems",params:{limit: 100},message:"must NOT have more than 100 items"};
(vErrors ??= []).push(err23);
errors++;
}
const len0 = data9.length;
for(let i0=0; i0<len0; i0++){
let data10 = data9[i0];
if(typeof data10 === "string"){
if(func3(data10) > 253){
const err24 = {instancePath:instancePath+"/sshKeys/" + i0,schemaPath:"#/properties/sshKeys/items/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err24);
errors++;
}
if(func3(data10) < 1){
const err25 = {instancePath:instancePath+"/sshKeys/" + i0,schemaPath:"#/properties/sshKeys/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err25);
errors++;
}
if(!(formats0.test(data10))){
const err26 = {instancePath:instancePath+"/sshKeys/" + i0,schemaPath:"#/properties/sshKeys/items/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err26);
errors++;
}
}
else {
const err27 = {instancePath:instancePath+"/sshKeys/" + i0,schemaPath:"#/properties/sshKeys/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err27);
errors++;
}
}
let i1 = data9.length;
let j0;
if(i1 > 1){
const indices0 = {};
for(;i1--;){
let item0 = data9[i1];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err28 = {instancePath:instancePath+"/sshKeys",schemaPath:"#/properties/sshKeys/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0},message:"must NOT have duplicate items (items ## "+j0+" and "+i1+" are identical)"};
(vErrors ??= []).push(err28);
errors++;
break;
}
indices0[item0] = i1;
}
}
}
else {
const err29 = {instancePath:instancePath+"/sshKeys",schemaPath:"#/properties/sshKeys/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err29);
errors++;
}
if(data.userData !== undefined){
let data11 = data.userData;
if(typeof data11 === "string"){
if(func3(data11) > 32768){
const err30 = {instancePath:instancePath+"/userData",schemaPath:"#/properties/userData/maxLength",keyword:"maxLength",params:{limit: 32768},message:"must NOT have more than 32768 characters"};
(vErrors ??= []).push(err30);
errors++;
}
}
else {
const err31 = {instancePath:instancePath+"/userData",schemaPath:"#/properties/userData/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err31);
errors++;
}
}
if(data.userDataFile !== undefined){
let data12 = data.userDataFile;
if(typeof data12 === "string"){
if(func3(data12) > 4096){
const err32 = {instancePath:instancePath+"/userDataFile",schemaPath:"#/properties/userDataFile/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err32);
errors++;
}
if(func3(data12) < 1){
const err33 = {instancePath:instancePath+"/userDataFile",schemaPath:"#/properties/userDataFile/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err33);
errors++;
}
if(!(formats4.test(data12))){
const err34 = {instancePath:instancePath+"/userDataFile",schemaPath:"#/properties/userDataFile/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err34);
errors++;
}
}
else {
const err35 = {instancePath:instancePath+"/userDataFile",schemaPath:"#/properties/userDataFile/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err35);
errors++;
}
}
if(data.networks !== undefined){
let data13 = data.networks;
if(Array.isArray(data13)){
if(data13.length > 20){
const err36 = {instancePath:instancePath+"/networks",schemaPath:"#/properties/networks/maxItems",keyword:"maxItems",params:{limit: 20},message:"must NOT have more than 20 items"};
(vErrors ??= []).push(err36);
errors++;
}
const len1 = data13.length;
for(let i2=0; i2<len1; i2++){
let data14 = data13[i2];
if(data14 && typeof data14 == "object" && !Array.isArray(data14)){
if(data14.aliasIps === undefined){
data14.aliasIps = [];
}
if(data14.network === undefined){
const err37 = {instancePath:instancePath+"/networks/" + i2,schemaPath:"#/properties/networks/items/required",keyword:"required",params:{missingProperty: "network"},message:"must have required property '"+"network"+"'"};
(vErrors ??= []).push(err37);
errors++;
}
for(const key1 in data14){
if(!(((key1 === "network") || (key1 === "ip")) || (key1 === "aliasIps"))){
const err38 = {instancePath:instancePath+"/networks/" + i2,schemaPath:"#/properties/networks/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err38);
errors++;
}
}
if(data14.network !== undefined){
let data15 = data14.network;
if(typeof data15 === "string"){
if(func3(data15) > 253){
const err39 = {instancePath:instancePath+"/networks/" + i2+"/network",schemaPath:"#/properties/networks/items/properties/network/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err39);
errors++;
}
if(func3(data15) < 1){
const err40 = {instancePath:instancePath+"/networks/" + i2+"/network",schemaPath:"#/properties/networks/items/properties/network/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err40);
errors++;
}
if(!(formats0.test(data15))){
const err41 = {instancePath:instancePath+"/networks/" + i2+"/network",schemaPath:"#/properties/networks/items/properties/network/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err41);
errors++;
}
}
else {
const err42 = {instancePath:instancePath+"/networks/" + i2+"/network",schemaPath:"#/properties/networks/items/properties/network/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err42);
errors++;
}
}
if(data14.ip !== undefined){
let data16 = data14.ip;
if(typeof data16 === "string"){
if(func3(data16) > 45){
const err43 = {instancePath:instancePath+"/networks/" + i2+"/ip",schemaPath:"#/properties/networks/items/properties/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"};
(vErrors ??= []).push(err43);
errors++;
}
if(func3(data16) < 1){
const err44 = {instancePath:instancePath+"/networks/" + i2+"/ip",schemaPath:"#/properties/networks/items/properties/ip/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err44);
errors++;
}
}
else {
const err45 = {instancePath:instancePath+"/networks/" + i2+"/ip",schemaPath:"#/properties/networks/items/properties/ip/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err45);
errors++;
}
}
let data17 = data14.aliasIps;
if(Array.isArray(data17)){
if(data17.length > 50){
const err46 = {instancePath:instancePath+"/networks/" + i2+"/aliasIps",schemaPath:"#/properties/networks/items/properties/aliasIps/maxItems",keyword:"maxItems",params:{limit: 50},message:"must NOT have more than 50 items"};
(vErrors ??= []).push(err46);
errors++;
}
const len2 = data17.length;
for(let i3=0; i3<len2; i3++){
let data18 = data17[i3];
if(typeof data18 === "string"){
if(func3(data18) > 45){
const err47 = {instancePath:instancePath+"/networks/" + i2+"/aliasIps/" + i3,schemaPath:"#/properties/networks/items/properties/aliasIps/items/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"};
(vErrors ??= []).push(err47);
errors++;
}
if(func3(data18) < 1){
const err48 = {instancePath:instancePath+"/networks/" + i2+"/aliasIps/" + i3,schemaPath:"#/properties/networks/items/properties/aliasIps/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err48);
errors++;
}
}
else {
const err49 = {instancePath:instancePath+"/networks/" + i2+"/aliasIps/" + i3,schemaPath:"#/properties/networks/items/properties/aliasIps/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err49);
errors++;
}
}
let i4 = data17.length;
let j1;
if(i4 > 1){
const indices1 = {};
for(;i4--;){
let item1 = data17[i4];
if(typeof item1 !== "string"){
continue;
}
if(typeof indices1[item1] == "number"){
j1 = indices1[item1];
const err50 = {instancePath:instancePath+"/networks/" + i2+"/aliasIps",schemaPath:"#/properties/networks/items/properties/aliasIps/uniqueItems",keyword:"uniqueItems",params:{i: i4, j: j1},message:"must NOT have duplicate items (items ## "+j1+" and "+i4+" are identical)"};
(vErrors ??= []).push(err50);
errors++;
break;
}
indices1[item1] = i4;
}
}
}
else {
const err51 = {instancePath:instancePath+"/networks/" + i2+"/aliasIps",schemaPath:"#/properties/networks/items/properties/aliasIps/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err51);
errors++;
}
}
else {
const err52 = {instancePath:instancePath+"/networks/" + i2,schemaPath:"#/properties/networks/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err52);
errors++;
}
}
}
else {
const err53 = {instancePath:instancePath+"/networks",schemaPath:"#/properties/networks/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err53);
errors++;
}
}
if(data.firewalls !== undefined){
let data19 = data.firewalls;
if(Array.isArray(data19)){
if(data19.length > 5){
const err54 = {instancePath:instancePath+"/firewalls",schemaPath:"#/properties/firewalls/maxItems",keyword:"maxItems",params:{limit: 5},message:"must NOT have more than 5 items"};
(vErrors ??= []).push(err54);
errors++;
}
const len3 = data19.length;
for(let i5=0; i5<len3; i5++){
let data20 = data19[i5];
if(typeof data20 === "string"){
if(func3(data20) > 253){
const err55 = {instancePath:instancePath+"/firewalls/" + i5,schemaPath:"#/properties/firewalls/items/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err55);
errors++;
}
if(func3(data20) < 1){
const err56 = {instancePath:instancePath+"/firewalls/" + i5,schemaPath:"#/properties/firewalls/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err56);
errors++;
}
if(!(formats0.test(data20))){
const err57 = {instancePath:instancePath+"/firewalls/" + i5,schemaPath:"#/properties/firewalls/items/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err57);
errors++;
}
}
else {
const err58 = {instancePath:instancePath+"/firewalls/" + i5,schemaPath:"#/properties/firewalls/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err58);
errors++;
}
}
let i6 = data19.length;
let j2;
if(i6 > 1){
const indices2 = {};
for(;i6--;){
let item2 = data19[i6];
if(typeof item2 !== "string"){
continue;
}
if(typeof indices2[item2] == "number"){
j2 = indices2[item2];
const err59 = {instancePath:instancePath+"/firewalls",schemaPath:"#/properties/firewalls/uniqueItems",keyword:"uniqueItems",params:{i: i6, j: j2},message:"must NOT have duplicate items (items ## "+j2+" and "+i6+" are identical)"};
(vErrors ??= []).push(err59);
errors++;
break;
}
indices2[item2] = i6;
}
}
}
else {
const err60 = {instancePath:instancePath+"/firewalls",schemaPath:"#/properties/firewalls/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err60);
errors++;
}
}
if(data.placementGroup !== undefined){
let data21 = data.placementGroup;
if(typeof data21 === "string"){
if(func3(data21) > 253){
const err61 = {instancePath:instancePath+"/placementGroup",schemaPath:"#/properties/placementGroup/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err61);
errors++;
}
if(func3(data21) < 1){
const err62 = {instancePath:instancePath+"/placementGroup",schemaPath:"#/properties/placementGroup/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err62);
errors++;
}
if(!(formats0.test(data21))){
const err63 = {instancePath:instancePath+"/placementGroup",schemaPath:"#/properties/placementGroup/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err63);
errors++;
}
}
else {
const err64 = {instancePath:instancePath+"/placementGroup",schemaPath:"#/properties/placementGroup/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err64);
errors++;
}
}
if(data.volumes !== undefined){
let data22 = data.volumes;
if(Array.isArray(data22)){
if(data22.length > 16){
const err65 = {instancePath:instancePath+"/volumes",schemaPath:"#/properties/volumes/maxItems",keyword:"maxItems",params:{limit: 16},message:"must NOT have more than 16 items"};
(vErrors ??= []).push(err65);
errors++;
}
const len4 = data22.length;
for(let i7=0; i7<len4; i7++){
let data23 = data22[i7];
if(typeof data23 === "string"){
if(func3(data23) > 253){
const err66 = {instancePath:instancePath+"/volumes/" + i7,schemaPath:"#/properties/volumes/items/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err66);
errors++;
}
if(func3(data23) < 1){
const err67 = {instancePath:instancePath+"/volumes/" + i7,schemaPath:"#/properties/volumes/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err67);
errors++;
}
if(!(formats0.test(data23))){
const err68 = {instancePath:instancePath+"/volumes/" + i7,schemaPath:"#/properties/volumes/items/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err68);
errors++;
}
}
else {
const err69 = {instancePath:instancePath+"/volumes/" + i7,schemaPath:"#/properties/volumes/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err69);
errors++;
}
}
let i8 = data22.length;
let j3;
if(i8 > 1){
const indices3 = {};
for(;i8--;){
let item3 = data22[i8];
if(typeof item3 !== "string"){
continue;
}
if(typeof indices3[item3] == "number"){
j3 = indices3[item3];
const err70 = {instancePath:instancePath+"/volumes",schemaPath:"#/properties/volumes/uniqueItems",keyword:"uniqueItems",params:{i: i8, j: j3},message:"must NOT have duplicate items (items ## "+j3+" and "+i8+" are identical)"};
(vErrors ??= []).push(err70);
errors++;
break;
}
indices3[item3] = i8;
}
}
}
else {
const err71 = {instancePath:instancePath+"/volumes",schemaPath:"#/properties/volumes/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err71);
errors++;
}
}
let data24 = data.labels;
if(data24 && typeof data24 == "object" && !Array.isArray(data24)){
if(Object.keys(data24).length > 64){
const err72 = {instancePath:instancePath+"/labels",schemaPath:"#/properties/labels/maxProperties",keyword:"maxProperties",params:{limit: 64},message:"must NOT have more than 64 properties"};
(vErrors ??= []).push(err72);
errors++;
}
for(const key2 in data24){
let data25 = data24[key2];
if(typeof data25 === "string"){
if(func3(data25) > 63){
const err73 = {instancePath:instancePath+"/labels/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/labels/additionalProperties/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
(vErrors ??= []).push(err73);
errors++;
}
if(!pattern2.test(data25)){
const err74 = {instancePath:instancePath+"/labels/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/labels/additionalProperties/pattern",keyword:"pattern",params:{pattern: "^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"},message:"must match pattern \""+"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"+"\""};
(vErrors ??= []).push(err74);
errors++;
}
}
else {
const err75 = {instancePath:instancePath+"/labels/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/labels/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err75);
errors++;
}
}
}
else {
const err76 = {instancePath:instancePath+"/labels",schemaPath:"#/properties/labels/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err76);
errors++;
}
if(data.backups !== undefined){
if(typeof data.backups !== "boolean"){
const err77 = {instancePath:instancePath+"/backups",schemaPath:"#/properties/backups/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err77);
errors++;
}
}
if(data.protection !== undefined){
if(typeof data.protection !== "boolean"){
const err78 = {instancePath:instancePath+"/protection",schemaPath:"#/properties/protection/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err78);
errors++;
}
}
let data28 = data.publicNet;
if(data28 && typeof data28 == "object" && !Array.isArray(data28)){
if(data28.ipv4 === undefined){
data28.ipv4 = true;
}
if(data28.ipv6 === undefined){
data28.ipv6 = true;
}
for(const key3 in data28){
if(!((((key3 === "ipv4") || (key3 === "ipv6")) || (key3 === "ipv4Address")) || (key3 === "ipv6Address"))){
const err79 = {instancePath:instancePath+"/publicNet",schemaPath:"#/properties/publicNet/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
(vErrors ??= []).push(err79);
errors++;
}
}
if(typeof data28.ipv4 !== "boolean"){
const err80 = {instancePath:instancePath+"/publicNet/ipv4",schemaPath:"#/properties/publicNet/properties/ipv4/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err80);
errors++;
}
if(typeof data28.ipv6 !== "boolean"){
const err81 = {instancePath:instancePath+"/publicNet/ipv6",schemaPath:"#/properties/publicNet/properties/ipv6/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err81);
errors++;
}
if(data28.ipv4Address !== undefined){
let data31 = data28.ipv4Address;
if(typeof data31 === "string"){
if(func3(data31) > 253){
const err82 = {instancePath:instancePath+"/publicNet/ipv4Address",schemaPath:"#/properties/publicNet/properties/ipv4Address/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err82);
errors++;
}
if(func3(data31) < 1){
const err83 = {instancePath:instancePath+"/publicNet/ipv4Address",schemaPath:"#/properties/publicNet/properties/ipv4Address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err83);
errors++;
}
if(!(formats0.test(data31))){
const err84 = {instancePath:instancePath+"/publicNet/ipv4Address",schemaPath:"#/properties/publicNet/properties/ipv4Address/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err84);
errors++;
}
}
else {
const err85 = {instancePath:instancePath+"/publicNet/ipv4Address",schemaPath:"#/properties/publicNet/properties/ipv4Address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err85);
errors++;
}
}
if(data28.ipv6Address !== undefined){
let data32 = data28.ipv6Address;
if(typeof data32 === "string"){
if(func3(data32) > 253){
const err86 = {instancePath:instancePath+"/publicNet/ipv6Address",schemaPath:"#/properties/publicNet/properties/ipv6Address/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err86);
errors++;
}
if(func3(data32) < 1){
const err87 = {instancePath:instancePath+"/publicNet/ipv6Address",schemaPath:"#/properties/publicNet/properties/ipv6Address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err87);
errors++;
}
if(!(formats0.test(data32))){
const err88 = {instancePath:instancePath+"/publicNet/ipv6Address",schemaPath:"#/properties/publicNet/properties/ipv6Address/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err88);
errors++;
}
}
else {
const err89 = {instancePath:instancePath+"/publicNet/ipv6Address",schemaPath:"#/properties/publicNet/properties/ipv6Address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err89);
errors++;
}
}
}
else {
const err90 = {instancePath:instancePath+"/publicNet",schemaPath:"#/properties/publicNet/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err90);
errors++;
}
let data33 = data.power;
if(!((data33 === "on") || (data33 === "off"))){
const err91 = {instancePath:instancePath+"/power",schemaPath:"#/properties/power/enum",keyword:"enum",params:{allowedValues: schema6.properties.power.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err91);
errors++;
}
let data34 = data.readyGrace;
if(typeof data34 === "string"){
if(!(formats18.test(data34))){
const err92 = {instancePath:instancePath+"/readyGrace",schemaPath:"#/properties/readyGrace/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err92);
errors++;
}
}
else {
const err93 = {instancePath:instancePath+"/readyGrace",schemaPath:"#/properties/readyGrace/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err93);
errors++;
}
let data35 = data.idleGrace;
if(typeof data35 === "string"){
if(!(formats18.test(data35))){
const err94 = {instancePath:instancePath+"/idleGrace",schemaPath:"#/properties/idleGrace/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err94);
errors++;
}
}
else {
const err95 = {instancePath:instancePath+"/idleGrace",schemaPath:"#/properties/idleGrace/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err95);
errors++;
}
let data36 = data.drainGrace;
if(typeof data36 === "string"){
if(!(formats18.test(data36))){
const err96 = {instancePath:instancePath+"/drainGrace",schemaPath:"#/properties/drainGrace/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err96);
errors++;
}
}
else {
const err97 = {instancePath:instancePath+"/drainGrace",schemaPath:"#/properties/drainGrace/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err97);
errors++;
}
let data37 = data.startDeadline;
if(typeof data37 === "string"){
if(!(formats18.test(data37))){
const err98 = {instancePath:instancePath+"/startDeadline",schemaPath:"#/properties/startDeadline/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err98);
errors++;
}
}
else {
const err99 = {instancePath:instancePath+"/startDeadline",schemaPath:"#/properties/startDeadline/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err99);
errors++;
}
let data38 = data.readiness;
if(data38 && typeof data38 == "object" && !Array.isArray(data38)){
if(Object.keys(data38).length > 1){
const err100 = {instancePath:instancePath+"/readiness",schemaPath:"#/properties/readiness/maxProperties",keyword:"maxProperties",params:{limit: 1},message:"must NOT have more than 1 properties"};
(vErrors ??= []).push(err100);
errors++;
}
if(Object.keys(data38).length < 1){
const err101 = {instancePath:instancePath+"/readiness",schemaPath:"#/properties/readiness/minProperties",keyword:"minProperties",params:{limit: 1},message:"must NOT have fewer than 1 properties"};
(vErrors ??= []).push(err101);
errors++;
}
for(const key4 in data38){
if(!((((key4 === "tcp") || (key4 === "http")) || (key4 === "label")) || (key4 === "after"))){
const err102 = {instancePath:instancePath+"/readiness",schemaPath:"#/properties/readiness/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties"};
(vErrors ??= []).push(err102);
errors++;
}
}
if(data38.tcp !== undefined){
let data39 = data38.tcp;
if(data39 && typeof data39 == "object" && !Array.isArray(data39)){
if(data39.port === undefined){
const err103 = {instancePath:instancePath+"/readiness/tcp",schemaPath:"#/properties/readiness/properties/tcp/required",keyword:"required",params:{missingProperty: "port"},message:"must have required property '"+"port"+"'"};
(vErrors ??= []).push(err103);
errors++;
}
for(const key5 in data39){
if(!((key5 === "port") || (key5 === "network"))){
const err104 = {instancePath:instancePath+"/readiness/tcp",schemaPath:"#/properties/readiness/properties/tcp/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties"};
(vErrors ??= []).push(err104);
errors++;
}
}
if(data39.port !== undefined){
let data40 = data39.port;
if(!(((typeof data40 == "number") && (!(data40 % 1) && !isNaN(data40))) && (isFinite(data40)))){
const err105 = {instancePath:instancePath+"/readiness/tcp/port",schemaPath:"#/properties/readiness/properties/tcp/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err105);
errors++;
}
if((typeof data40 == "number") && (isFinite(data40))){
if(data40 > 65535 || isNaN(data40)){
const err106 = {instancePath:instancePath+"/readiness/tcp/port",schemaPath:"#/properties/readiness/properties/tcp/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"};
(vErrors ??= []).push(err106);
errors++;
}
if(data40 < 1 || isNaN(data40)){
const err107 = {instancePath:instancePath+"/readiness/tcp/port",schemaPath:"#/properties/readiness/properties/tcp/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err107);
errors++;
}
}
}
if(data39.network !== undefined){
let data41 = data39.network;
if(typeof data41 === "string"){
if(func3(data41) > 253){
const err108 = {instancePath:instancePath+"/readiness/tcp/network",schemaPath:"#/properties/readiness/properties/tcp/properties/network/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err108);
errors++;
}
if(func3(data41) < 1){
const err109 = {instancePath:instancePath+"/readiness/tcp/network",schemaPath:"#/properties/readiness/properties/tcp/properties/network/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err109);
errors++;
}
if(!(formats0.test(data41))){
const err110 = {instancePath:instancePath+"/readiness/tcp/network",schemaPath:"#/properties/readiness/properties/tcp/properties/network/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err110);
errors++;
}
}
else {
const err111 = {instancePath:instancePath+"/readiness/tcp/network",schemaPath:"#/properties/readiness/properties/tcp/properties/network/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err111);
errors++;
}
}
}
else {
const err112 = {instancePath:instancePath+"/readiness/tcp",schemaPath:"#/properties/readiness/properties/tcp/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err112);
errors++;
}
}
if(data38.http !== undefined){
let data42 = data38.http;
if(data42 && typeof data42 == "object" && !Array.isArray(data42)){
if(data42.path === undefined){
data42.path = "/";
}
if(data42.port === undefined){
const err113 = {instancePath:instancePath+"/readiness/http",schemaPath:"#/properties/readiness/properties/http/required",keyword:"required",params:{missingProperty: "port"},message:"must have required property '"+"port"+"'"};
(vErrors ??= []).push(err113);
errors++;
}
for(const key6 in data42){
if(!(((key6 === "port") || (key6 === "path")) || (key6 === "network"))){
const err114 = {instancePath:instancePath+"/readiness/http",schemaPath:"#/properties/readiness/properties/http/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},message:"must NOT have additional properties"};
(vErrors ??= []).push(err114);
errors++;
}
}
if(data42.port !== undefined){
let data43 = data42.port;
if(!(((typeof data43 == "number") && (!(data43 % 1) && !isNaN(data43))) && (isFinite(data43)))){
const err115 = {instancePath:instancePath+"/readiness/http/port",schemaPath:"#/properties/readiness/properties/http/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err115);
errors++;
}
if((typeof data43 == "number") && (isFinite(data43))){
if(data43 > 65535 || isNaN(data43)){
const err116 = {instancePath:instancePath+"/readiness/http/port",schemaPath:"#/properties/readiness/properties/http/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"};
(vErrors ??= []).push(err116);
errors++;
}
if(data43 < 1 || isNaN(data43)){
const err117 = {instancePath:instancePath+"/readiness/http/port",schemaPath:"#/properties/readiness/properties/http/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err117);
errors++;
}
}
}
let data44 = data42.path;
if(typeof data44 === "string"){
if(func3(data44) > 2048){
const err118 = {instancePath:instancePath+"/readiness/http/path",schemaPath:"#/properties/readiness/properties/http/properties/path/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err118);
errors++;
}
if(!pattern3.test(data44)){
const err119 = {instancePath:instancePath+"/readiness/http/path",schemaPath:"#/properties/readiness/properties/http/properties/path/pattern",keyword:"pattern",params:{pattern: "^/[!-~]*$"},message:"must match pattern \""+"^/[!-~]*$"+"\""};
(vErrors ??= []).push(err119);
errors++;
}
}
else {
const err120 = {instancePath:instancePath+"/readiness/http/path",schemaPath:"#/properties/readiness/properties/http/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err120);
errors++;
}
if(data42.network !== undefined){
let data45 = data42.network;
if(typeof data45 === "string"){
if(func3(data45) > 253){
const err121 = {instancePath:instancePath+"/readiness/http/network",schemaPath:"#/properties/readiness/properties/http/properties/network/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err121);
errors++;
}
if(func3(data45) < 1){
const err122 = {instancePath:instancePath+"/readiness/http/network",schemaPath:"#/properties/readiness/properties/http/properties/network/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err122);
errors++;
}
if(!(formats0.test(data45))){
const err123 = {instancePath:instancePath+"/readiness/http/network",schemaPath:"#/properties/readiness/properties/http/properties/network/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err123);
errors++;
}
}
else {
const err124 = {instancePath:instancePath+"/readiness/http/network",schemaPath:"#/properties/readiness/properties/http/properties/network/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err124);
errors++;
}
}
}
else {
const err125 = {instancePath:instancePath+"/readiness/http",schemaPath:"#/properties/readiness/properties/http/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err125);
errors++;
}
}
if(data38.label !== undefined){
let data46 = data38.label;
if(typeof data46 === "string"){
if(func3(data46) > 317){
const err126 = {instancePath:instancePath+"/readiness/label",schemaPath:"#/properties/readiness/properties/label/maxLength",keyword:"maxLength",params:{limit: 317},message:"must NOT have more than 317 characters"};
(vErrors ??= []).push(err126);
errors++;
}
if(func3(data46) < 1){
const err127 = {instancePath:instancePath+"/readiness/label",schemaPath:"#/properties/readiness/properties/label/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err127);
errors++;
}
if(!pattern4.test(data46)){
const err128 = {instancePath:instancePath+"/readiness/label",schemaPath:"#/properties/readiness/properties/label/pattern",keyword:"pattern",params:{pattern: "^[^=\\s]+=[^=\\s]*$"},message:"must match pattern \""+"^[^=\\s]+=[^=\\s]*$"+"\""};
(vErrors ??= []).push(err128);
errors++;
}
}
else {
const err129 = {instancePath:instancePath+"/readiness/label",schemaPath:"#/properties/readiness/properties/label/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err129);
errors++;
}
}
if(data38.after !== undefined){
let data47 = data38.after;
if(typeof data47 === "string"){
if(!(formats18.test(data47))){
const err130 = {instancePath:instancePath+"/readiness/after",schemaPath:"#/properties/readiness/properties/after/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err130);
errors++;
}
}
else {
const err131 = {instancePath:instancePath+"/readiness/after",schemaPath:"#/properties/readiness/properties/after/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err131);
errors++;
}
}
}
else {
const err132 = {instancePath:instancePath+"/readiness",schemaPath:"#/properties/readiness/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err132);
errors++;
}
let data48 = data.workloads;
if(data48 && typeof data48 == "object" && !Array.isArray(data48)){
if(data48.none === undefined){
data48.none = false;
}
for(const key7 in data48){
if(!((key7 === "name") || (key7 === "none"))){
const err133 = {instancePath:instancePath+"/workloads",schemaPath:"#/properties/workloads/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7},message:"must NOT have additional properties"};
(vErrors ??= []).push(err133);
errors++;
}
}
if(data48.name !== undefined){
let data49 = data48.name;
if(typeof data49 === "string"){
if(func3(data49) > 253){
const err134 = {instancePath:instancePath+"/workloads/name",schemaPath:"#/properties/workloads/properties/name/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err134);
errors++;
}
if(func3(data49) < 1){
const err135 = {instancePath:instancePath+"/workloads/name",schemaPath:"#/properties/workloads/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err135);
errors++;
}
if(!(formats0.test(data49))){
const err136 = {instancePath:instancePath+"/workloads/name",schemaPath:"#/properties/workloads/properties/name/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err136);
errors++;
}
}
else {
const err137 = {instancePath:instancePath+"/workloads/name",schemaPath:"#/properties/workloads/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err137);
errors++;
}
}
if(typeof data48.none !== "boolean"){
const err138 = {instancePath:instancePath+"/workloads/none",schemaPath:"#/properties/workloads/properties/none/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err138);
errors++;
}
}
else {
const err139 = {instancePath:instancePath+"/workloads",schemaPath:"#/properties/workloads/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err139);
errors++;
}
}
else {
const err140 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err140);
errors++;
}
validate21.errors = vErrors;
return errors === 0;
}
const schema7 = {"type":"object","additionalProperties":false,"required":["template"],"properties":{"size":{"type":"integer","minimum":0,"maximum":1000,"description":"Fixed number of nodes. Without it, `min` and `max` are the limits of the reactive policy."},"min":{"type":"integer","minimum":0,"maximum":1000,"description":"Least number of nodes in service."},"max":{"type":"integer","minimum":0,"maximum":1000,"description":"Greatest number of members, without those that are being removed."},"removalsAtOnce":{"type":"integer","minimum":1,"maximum":1000,"default":1,"description":"Greatest number of nodes that are drained or removed at once."},"replaceUnhealthyAfter":{"type":"string","format":"duration","description":"Time after which an unhealthy member is replaced. By default, never."},"scaling":{"type":"object","additionalProperties":false,"default":{},"description":"The reactive policy of a pool with `min` and `max`, based on the memory of running and queued containers.","properties":{"up":{"type":"string","format":"percentage","default":"85%","description":"The pool grows when allocated and queued memory exceeds this share of all memory."},"down":{"type":"string","format":"percentage","default":"30%","description":"The pool shrinks when allocated memory is below this share of all memory."},"for":{"type":"string","format":"duration","default":"0s","description":"Time for which a threshold must be crossed before the policy acts, at each recorded refresh (`apply`, `drift --record`). A pool without nodes and with queued containers grows at once."},"cooldown":{"type":"string","format":"duration","default":"5m","description":"Least time between two changes."},"downAfterUp":{"type":"string","format":"duration","default":"20m","description":"Time after growth in which the pool does not shrink."}}},"consolidation":{"type":"object","additionalProperties":false,"default":{},"description":"Moves containers together to remove nodes.","properties":{"enabled":{"type":"boolean","default":false},"cooldown":{"type":"string","format":"duration","default":"2h","description":"Least time between two consolidations."},"maxUtilization":{"type":"string","format":"percentage","default":"70%","description":"Greatest share of allocated memory at which the pool consolidates."},"minUptime":{"type":"string","format":"duration","default":"30m","description":"Least age of a node that is removed."},"minIdle":{"type":"string","format":"duration","default":"15m","description":"Least time since a node became empty or got its last container."},"minNodes":{"type":"integer","minimum":2,"maximum":1000,"default":2,"description":"Least number of nodes in service at which the pool consolidates."},"minSavings":{"type":"number","minimum":0,"maximum":1000000,"default":0.1,"description":"Least saving, in the provider's currency per hour."}}},"template":{"type":"object","additionalProperties":false,"required":["serverType","image","location"],"description":"Spec of the members, as in a Node.","properties":{"serverType":{"type":"string","minLength":1,"maxLength":63,"pattern":"^[A-Za-z0-9._-]+$","description":"Name of the server type. A change turns the server off."},"upgradeDisk":{"type":"boolean","default":false,"description":"Lets a larger server type enlarge the disk too; a later change to a smaller type is then impossible."},"image":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name of the image, or the id of a snapshot. A change destroys the data on the disk."},"onImageChange":{"enum":["rebuild","replace","ignore"],"default":"rebuild","description":"Action when the image changes: rebuild the server with a new disk, replace the server, or leave existing servers alone."},"location":{"type":"string","minLength":1,"maxLength":63,"pattern":"^[A-Za-z0-9._-]+$","description":"Name of its location. A change replaces it."},"sshKeys":{"type":"array","maxItems":100,"uniqueItems":true,"default":[],"description":"Names or ids of the SSH keys for the new server. A change replaces the server. Without a key, the provider sets a password that fettle discards.","items":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text"}},"userData":{"type":"string","maxLength":32768,"description":"Script for cloud-init at the first start; 32 KiB at most. The log contains it: put secrets into `userDataFile`. A change replaces the server."},"userDataFile":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"send","description":"File with the user data, relative to the document; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names. Only its digest is recorded."},"networks":{"type":"array","maxItems":20,"description":"Private networks of the server. Defaults to the present ones.","items":{"type":"object","additionalProperties":false,"required":["network"],"properties":{"network":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name or id of the network."},"ip":{"type":"string","minLength":1,"maxLength":45,"description":"Address in the network. By default the provider chooses one."},"aliasIps":{"type":"array","maxItems":50,"uniqueItems":true,"default":[],"description":"Further addresses in the network.","items":{"type":"string","minLength":1,"maxLength":45}}}}},"firewalls":{"type":"array","maxItems":5,"uniqueItems":true,"description":"Names or ids of the firewalls of the server. Defaults to the present ones.","items":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text"}},"placementGroup":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name or id of the placement group. Joining one turns the server off. Defaults to the present one."},"labels":{"type":"object","default":{},"maxProperties":64,"description":"Labels at the provider. Labels from other sources stay.","additionalProperties":{"type":"string","maxLength":63,"pattern":"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"}},"backups":{"type":"boolean","description":"Daily backups, for 20 % of the price of the server. Turning them off deletes all backups. Defaults to the present setting."},"protection":{"type":"boolean","description":"Delete and rebuild protection at the provider, always both. Only a row of its own lifts the protection. Defaults to the present setting."},"publicNet":{"type":"object","additionalProperties":false,"default":{},"description":"Public addresses of the server. A change replaces the server.","properties":{"ipv4":{"type":"boolean","default":true,"description":"Whether the server has a public IPv4 address."},"ipv6":{"type":"boolean","default":true,"description":"Whether the server has a public IPv6 network."},"ipv4Address":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name or id of a primary IP to use, instead of a new one."},"ipv6Address":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name or id of a primary IP to use, instead of a new one."}}},"readyGrace":{"type":"string","format":"duration","default":"30m","description":"Time that a node without any container so far must have been ready before its removal."},"idleGrace":{"type":"string","format":"duration","default":"30m","description":"Time that a node must have been empty before its removal."},"drainGrace":{"type":"string","format":"duration","default":"5m","description":"Least time between the draining of a node and its removal."},"startDeadline":{"type":"string","format":"duration","default":"15m","description":"Deadline from the creation to the first readiness; a later node is unhealthy."},"readiness":{"type":"object","additionalProperties":false,"minProperties":1,"maxProperties":1,"default":{"after":"2m"},"description":"Probe for readiness, and for health from then on: exactly one kind.","properties":{"tcp":{"type":"object","additionalProperties":false,"required":["port"],"description":"A TCP port accepts connections.","properties":{"port":{"type":"integer","minimum":1,"maximum":65535},"network":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Private network to probe through. Defaults to the public address."}}},"http":{"type":"object","additionalProperties":false,"required":["port"],"description":"A GET is answered with a status from 200 to 399.","properties":{"port":{"type":"integer","minimum":1,"maximum":65535},"path":{"type":"string","maxLength":2048,"pattern":"^/[!-~]*$","default":"/","description":"Path and query, in ASCII without spaces."},"network":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Private network to probe through. Defaults to the public address."}}},"label":{"type":"string","minLength":1,"maxLength":317,"pattern":"^[^=\\s]+=[^=\\s]*$","description":"The server has this label, `key=value`, which another program sets."},"after":{"type":"string","format":"duration","description":"The node is ready this long after its creation."}}},"workloads":{"type":"object","additionalProperties":false,"default":{},"properties":{"none":{"type":"boolean","default":false,"description":"The nodes are not at the source, and a removal needs no list of their containers."}}}}}}};
const formats36 = /^(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]{1,3})?)%$/u;
function validate22(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.removalsAtOnce === undefined){
data.removalsAtOnce = 1;
}
if(data.scaling === undefined){
data.scaling = {};
}
if(data.consolidation === undefined){
data.consolidation = {};
}
if(data.template === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "template"},message:"must have required property '"+"template"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
for(const key0 in data){
if(!((((((((key0 === "size") || (key0 === "min")) || (key0 === "max")) || (key0 === "removalsAtOnce")) || (key0 === "replaceUnhealthyAfter")) || (key0 === "scaling")) || (key0 === "consolidation")) || (key0 === "template"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err1);
errors++;
}
}
if(data.size !== undefined){
let data0 = data.size;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err2 = {instancePath:instancePath+"/size",schemaPath:"#/properties/size/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err2);
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 1000 || isNaN(data0)){
const err3 = {instancePath:instancePath+"/size",schemaPath:"#/properties/size/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err3);
errors++;
}
if(data0 < 0 || isNaN(data0)){
const err4 = {instancePath:instancePath+"/size",schemaPath:"#/properties/size/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err4);
errors++;
}
}
}
if(data.min !== undefined){
let data1 = data.min;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err5 = {instancePath:instancePath+"/min",schemaPath:"#/properties/min/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err5);
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 1000 || isNaN(data1)){
const err6 = {instancePath:instancePath+"/min",schemaPath:"#/properties/min/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err6);
errors++;
}
if(data1 < 0 || isNaN(data1)){
const err7 = {instancePath:instancePath+"/min",schemaPath:"#/properties/min/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err7);
errors++;
}
}
}
if(data.max !== undefined){
let data2 = data.max;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err8 = {instancePath:instancePath+"/max",schemaPath:"#/properties/max/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err8);
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 1000 || isNaN(data2)){
const err9 = {instancePath:instancePath+"/max",schemaPath:"#/properties/max/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err9);
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err10 = {instancePath:instancePath+"/max",schemaPath:"#/properties/max/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err10);
errors++;
}
}
}
let data3 = data.removalsAtOnce;
if(!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3)))){
const err11 = {instancePath:instancePath+"/removalsAtOnce",schemaPath:"#/properties/removalsAtOnce/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err11);
errors++;
}
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 1000 || isNaN(data3)){
const err12 = {instancePath:instancePath+"/removalsAtOnce",schemaPath:"#/properties/removalsAtOnce/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err12);
errors++;
}
if(data3 < 1 || isNaN(data3)){
const err13 = {instancePath:instancePath+"/removalsAtOnce",schemaPath:"#/properties/removalsAtOnce/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err13);
errors++;
}
}
if(data.replaceUnhealthyAfter !== undefined){
let data4 = data.replaceUnhealthyAfter;
if(typeof data4 === "string"){
if(!(formats18.test(data4))){
const err14 = {instancePath:instancePath+"/replaceUnhealthyAfter",schemaPath:"#/properties/replaceUnhealthyAfter/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err14);
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/replaceUnhealthyAfter",schemaPath:"#/properties/replaceUnhealthyAfter/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err15);
errors++;
}
}
let data5 = data.scaling;
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
if(data5.up === undefined){
data5.up = "85%";
}
if(data5.down === undefined){
data5.down = "30%";
}
if(data5.for === undefined){
data5.for = "0s";
}
if(data5.cooldown === undefined){
data5.cooldown = "5m";
}
if(data5.downAfterUp === undefined){
data5.downAfterUp = "20m";
}
for(const key1 in data5){
if(!(((((key1 === "up") || (key1 === "down")) || (key1 === "for")) || (key1 === "cooldown")) || (key1 === "downAfterUp"))){
const err16 = {instancePath:instancePath+"/scaling",schemaPath:"#/properties/scaling/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err16);
errors++;
}
}
let data6 = data5.up;
if(typeof data6 === "string"){
if(!(formats36.test(data6))){
const err17 = {instancePath:instancePath+"/scaling/up",schemaPath:"#/properties/scaling/properties/up/format",keyword:"format",params:{format: "percentage"},message:"must match format \""+"percentage"+"\""};
(vErrors ??= []).push(err17);
errors++;
}
}
else {
const err18 = {instancePath:instancePath+"/scaling/up",schemaPath:"#/properties/scaling/properties/up/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err18);
errors++;
}
let data7 = data5.down;
if(typeof data7 === "string"){
if(!(formats36.test(data7))){
const err19 = {instancePath:instancePath+"/scaling/down",schemaPath:"#/properties/scaling/properties/down/format",keyword:"format",params:{format: "percentage"},message:"must match format \""+"percentage"+"\""};
(vErrors ??= []).push(err19);
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/scaling/down",schemaPath:"#/properties/scaling/properties/down/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err20);
errors++;
}
let data8 = data5.for;
if(typeof data8 === "string"){
if(!(formats18.test(data8))){
const err21 = {instancePath:instancePath+"/scaling/for",schemaPath:"#/properties/scaling/properties/for/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err21);
errors++;
}
}
else {
const err22 = {instancePath:instancePath+"/scaling/for",schemaPath:"#/properties/scaling/properties/for/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err22);
errors++;
}
let data9 = data5.cooldown;
if(typeof data9 === "string"){
if(!(formats18.test(data9))){
const err23 = {instancePath:instancePath+"/scaling/cooldown",schemaPath:"#/properties/scaling/properties/cooldown/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err23);
errors++;
}
}
else {
const err24 = {instancePath:instancePath+"/scaling/cooldown",schemaPath:"#/properties/scaling/properties/cooldown/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err24);
errors++;
}
let data10 = data5.downAfterUp;
if(typeof data10 === "string"){
if(!(formats18.test(data10))){
const err25 = {instancePath:instancePath+"/scaling/downAfterUp",schemaPath:"#/properties/scaling/properties/downAfterUp/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err25);
errors++;
}
}
else {
const err26 = {instancePath:instancePath+"/scaling/downAfterUp",schemaPath:"#/properties/scaling/properties/downAfterUp/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err26);
errors++;
}
}
else {
const err27 = {instancePath:instancePath+"/scaling",schemaPath:"#/properties/scaling/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err27);
errors++;
}
let data11 = data.consolidation;
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
if(data11.enabled === undefined){
data11.enabled = false;
}
if(data11.cooldown === undefined){
data11.cooldown = "2h";
}
if(data11.maxUtilization === undefined){
data11.maxUtilization = "70%";
}
if(data11.minUptime === undefined){
data11.minUptime = "30m";
}
if(data11.minIdle === undefined){
data11.minIdle = "15m";
}
if(data11.minNodes === undefined){
data11.minNodes = 2;
}
if(data11.minSavings === undefined){
data11.minSavings = 0.1;
}
for(const key2 in data11){
if(!(((((((key2 === "enabled") || (key2 === "cooldown")) || (key2 === "maxUtilization")) || (key2 === "minUptime")) || (key2 === "minIdle")) || (key2 === "minNodes")) || (key2 === "minSavings"))){
const err28 = {instancePath:instancePath+"/consolidation",schemaPath:"#/properties/consolidation/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
(vErrors ??= []).push(err28);
errors++;
}
}
if(typeof data11.enabled !== "boolean"){
const err29 = {instancePath:instancePath+"/consolidation/enabled",schemaPath:"#/properties/consolidation/properties/enabled/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err29);
errors++;
}
let data13 = data11.cooldown;
if(typeof data13 === "string"){
if(!(formats18.test(data13))){
const err30 = {instancePath:instancePath+"/consolidation/cooldown",schemaPath:"#/properties/consolidation/properties/cooldown/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err30);
errors++;
}
}
else {
const err31 = {instancePath:instancePath+"/consolidation/cooldown",schemaPath:"#/properties/consolidation/properties/cooldown/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err31);
errors++;
}
let data14 = data11.maxUtilization;
if(typeof data14 === "string"){
if(!(formats36.test(data14))){
const err32 = {instancePath:instancePath+"/consolidation/maxUtilization",schemaPath:"#/properties/consolidation/properties/maxUtilization/format",keyword:"format",params:{format: "percentage"},message:"must match format \""+"percentage"+"\""};
(vErrors ??= []).push(err32);
errors++;
}
}
else {
const err33 = {instancePath:instancePath+"/consolidation/maxUtilization",schemaPath:"#/properties/consolidation/properties/maxUtilization/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err33);
errors++;
}
let data15 = data11.minUptime;
if(typeof data15 === "string"){
if(!(formats18.test(data15))){
const err34 = {instancePath:instancePath+"/consolidation/minUptime",schemaPath:"#/properties/consolidation/properties/minUptime/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err34);
errors++;
}
}
else {
const err35 = {instancePath:instancePath+"/consolidation/minUptime",schemaPath:"#/properties/consolidation/properties/minUptime/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err35);
errors++;
}
let data16 = data11.minIdle;
if(typeof data16 === "string"){
if(!(formats18.test(data16))){
const err36 = {instancePath:instancePath+"/consolidation/minIdle",schemaPath:"#/properties/consolidation/properties/minIdle/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err36);
errors++;
}
}
else {
const err37 = {instancePath:instancePath+"/consolidation/minIdle",schemaPath:"#/properties/consolidation/properties/minIdle/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err37);
errors++;
}
let data17 = data11.minNodes;
if(!(((typeof data17 == "number") && (!(data17 % 1) && !isNaN(data17))) && (isFinite(data17)))){
const err38 = {instancePath:instancePath+"/consolidation/minNodes",schemaPath:"#/properties/consolidation/properties/minNodes/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err38);
errors++;
}
if((typeof data17 == "number") && (isFinite(data17))){
if(data17 > 1000 || isNaN(data17)){
const err39 = {instancePath:instancePath+"/consolidation/minNodes",schemaPath:"#/properties/consolidation/properties/minNodes/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err39);
errors++;
}
if(data17 < 2 || isNaN(data17)){
const err40 = {instancePath:instancePath+"/consolidation/minNodes",schemaPath:"#/properties/consolidation/properties/minNodes/minimum",keyword:"minimum",params:{comparison: ">=", limit: 2},message:"must be >= 2"};
(vErrors ??= []).push(err40);
errors++;
}
}
let data18 = data11.minSavings;
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 1000000 || isNaN(data18)){
const err41 = {instancePath:instancePath+"/consolidation/minSavings",schemaPath:"#/properties/consolidation/properties/minSavings/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},message:"must be <= 1000000"};
(vErrors ??= []).push(err41);
errors++;
}
if(data18 < 0 || isNaN(data18)){
const err42 = {instancePath:instancePath+"/consolidation/minSavings",schemaPath:"#/properties/consolidation/properties/minSavings/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err42);
errors++;
}
}
else {
const err43 = {instancePath:instancePath+"/consolidation/minSavings",schemaPath:"#/properties/consolidation/properties/minSavings/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err43);
errors++;
}
}
else {
const err44 = {instancePath:instancePath+"/consolidation",schemaPath:"#/properties/consolidation/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err44);
errors++;
}
if(data.template !== undefined){
let data19 = data.template;
if(data19 && typeof data19 == "object" && !Array.isArray(data19)){
if(data19.upgradeDisk === undefined){
data19.upgradeDisk = false;
}
if(data19.onImageChange === undefined){
data19.onImageChange = "rebuild";
}
if(data19.sshKeys === undefined){
data19.sshKeys = [];
}
if(data19.labels === undefined){
data19.labels = {};
}
if(data19.publicNet === undefined){
data19.publicNet = {};
}
if(data19.readyGrace === undefined){
data19.readyGrace = "30m";
}
if(data19.idleGrace === undefined){
data19.idleGrace = "30m";
}
if(data19.drainGrace === undefined){
data19.drainGrace = "5m";
}
if(data19.startDeadline === undefined){
data19.startDeadline = "15m";
}
if(data19.readiness === undefined){
data19.readiness = {"after":"2m"};
}
if(data19.workloads === undefined){
data19.workloads = {};
}
if(data19.serverType === undefined){
const err45 = {instancePath:instancePath+"/template",schemaPath:"#/properties/template/required",keyword:"required",params:{missingProperty: "serverType"},message:"must have required property '"+"serverType"+"'"};
(vErrors ??= []).push(err45);
errors++;
}
if(data19.image === undefined){
const err46 = {instancePath:instancePath+"/template",schemaPath:"#/properties/template/required",keyword:"required",params:{missingProperty: "image"},message:"must have required property '"+"image"+"'"};
(vErrors ??= []).push(err46);
errors++;
}
if(data19.location === undefined){
const err47 = {instancePath:instancePath+"/template",schemaPath:"#/properties/template/required",keyword:"required",params:{missingProperty: "location"},message:"must have required property '"+"location"+"'"};
(vErrors ??= []).push(err47);
errors++;
}
for(const key3 in data19){
if(!(func2.call(schema7.properties.template.properties, key3))){
const err48 = {instancePath:instancePath+"/template",schemaPath:"#/properties/template/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
(vErrors ??= []).push(err48);
errors++;
}
}
if(data19.serverType !== undefined){
let data20 = data19.serverType;
if(typeof data20 === "string"){
if(func3(data20) > 63){
const err49 = {instancePath:instancePath+"/template/serverType",schemaPath:"#/properties/template/properties/serverType/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
(vErrors ??= []).push(err49);
errors++;
}
if(func3(data20) < 1){
const err50 = {instancePath:instancePath+"/template/serverType",schemaPath:"#/properties/template/properties/serverType/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err50);
errors++;
}
if(!pattern0.test(data20)){
const err51 = {instancePath:instancePath+"/template/serverType",schemaPath:"#/properties/template/properties/serverType/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9._-]+$"},message:"must match pattern \""+"^[A-Za-z0-9._-]+$"+"\""};
(vErrors ??= []).push(err51);
errors++;
}
}
else {
const err52 = {instancePath:instancePath+"/template/serverType",schemaPath:"#/properties/template/properties/serverType/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err52);
errors++;
}
}
if(typeof data19.upgradeDisk !== "boolean"){
const err53 = {instancePath:instancePath+"/template/upgradeDisk",schemaPath:"#/properties/template/properties/upgradeDisk/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err53);
errors++;
}
if(data19.image !== undefined){
let data22 = data19.image;
if(typeof data22 === "string"){
if(func3(data22) > 253){
const err54 = {instancePath:instancePath+"/template/image",schemaPath:"#/properties/template/properties/image/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err54);
errors++;
}
if(func3(data22) < 1){
const err55 = {instancePath:instancePath+"/template/image",schemaPath:"#/properties/template/properties/image/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err55);
errors++;
}
if(!(formats0.test(data22))){
const err56 = {instancePath:instancePath+"/template/image",schemaPath:"#/properties/template/properties/image/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err56);
errors++;
}
}
else {
const err57 = {instancePath:instancePath+"/template/image",schemaPath:"#/properties/template/properties/image/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err57);
errors++;
}
}
let data23 = data19.onImageChange;
if(!(((data23 === "rebuild") || (data23 === "replace")) || (data23 === "ignore"))){
const err58 = {instancePath:instancePath+"/template/onImageChange",schemaPath:"#/properties/template/properties/onImageChange/enum",keyword:"enum",params:{allowedValues: schema7.properties.template.properties.onImageChange.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err58);
errors++;
}
if(data19.location !== undefined){
let data24 = data19.location;
if(typeof data24 === "string"){
if(func3(data24) > 63){
const err59 = {instancePath:instancePath+"/template/location",schemaPath:"#/properties/template/properties/location/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
(vErrors ??= []).push(err59);
errors++;
}
if(func3(data24) < 1){
const err60 = {instancePath:instancePath+"/template/location",schemaPath:"#/properties/template/properties/location/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err60);
errors++;
}
if(!pattern0.test(data24)){
const err61 = {instancePath:instancePath+"/template/location",schemaPath:"#/properties/template/properties/location/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9._-]+$"},message:"must match pattern \""+"^[A-Za-z0-9._-]+$"+"\""};
(vErrors ??= []).push(err61);
errors++;
}
}
else {
const err62 = {instancePath:instancePath+"/template/location",schemaPath:"#/properties/template/properties/location/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err62);
errors++;
}
}
let data25 = data19.sshKeys;
if(Array.isArray(data25)){
if(data25.length > 100){
const err63 = {instancePath:instancePath+"/template/sshKeys",schemaPath:"#/properties/template/properties/sshKeys/maxItems",keyword:"maxItems",params:{limit: 100},message:"must NOT have more than 100 items"};
(vErrors ??= []).push(err63);
errors++;
}
const len0 = data25.length;
for(let i0=0; i0<len0; i0++){
let data26 = data25[i0];
if(typeof data26 === "string"){
if(func3(data26) > 253){
const err64 = {instancePath:instancePath+"/template/sshKeys/" + i0,schemaPath:"#/properties/template/properties/sshKeys/items/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err64);
errors++;
}
if(func3(data26) < 1){
const err65 = {instancePath:instancePath+"/template/sshKeys/" + i0,schemaPath:"#/properties/template/properties/sshKeys/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err65);
errors++;
}
if(!(formats0.test(data26))){
const err66 = {instancePath:instancePath+"/template/sshKeys/" + i0,schemaPath:"#/properties/template/properties/sshKeys/items/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err66);
errors++;
}
}
else {
const err67 = {instancePath:instancePath+"/template/sshKeys/" + i0,schemaPath:"#/properties/template/properties/sshKeys/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err67);
errors++;
}
}
let i1 = data25.length;
let j0;
if(i1 > 1){
const indices0 = {};
for(;i1--;){
let item0 = data25[i1];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err68 = {instancePath:instancePath+"/template/sshKeys",schemaPath:"#/properties/template/properties/sshKeys/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0},message:"must NOT have duplicate items (items ## "+j0+" and "+i1+" are identical)"};
(vErrors ??= []).push(err68);
errors++;
break;
}
indices0[item0] = i1;
}
}
}
else {
const err69 = {instancePath:instancePath+"/template/sshKeys",schemaPath:"#/properties/template/properties/sshKeys/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err69);
errors++;
}
if(data19.userData !== undefined){
let data27 = data19.userData;
if(typeof data27 === "string"){
if(func3(data27) > 32768){
const err70 = {instancePath:instancePath+"/template/userData",schemaPath:"#/properties/template/properties/userData/maxLength",keyword:"maxLength",params:{limit: 32768},message:"must NOT have more than 32768 characters"};
(vErrors ??= []).push(err70);
errors++;
}
}
else {
const err71 = {instancePath:instancePath+"/template/userData",schemaPath:"#/properties/template/properties/userData/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err71);
errors++;
}
}
if(data19.userDataFile !== undefined){
let data28 = data19.userDataFile;
if(typeof data28 === "string"){
if(func3(data28) > 4096){
const err72 = {instancePath:instancePath+"/template/userDataFile",schemaPath:"#/properties/template/properties/userDataFile/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err72);
errors++;
}
if(func3(data28) < 1){
const err73 = {instancePath:instancePath+"/template/userDataFile",schemaPath:"#/properties/template/properties/userDataFile/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err73);
errors++;
}
if(!(formats4.test(data28))){
const err74 = {instancePath:instancePath+"/template/userDataFile",schemaPath:"#/properties/template/properties/userDataFile/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err74);
errors++;
}
}
else {
const err75 = {instancePath:instancePath+"/template/userDataFile",schemaPath:"#/properties/template/properties/userDataFile/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err75);
errors++;
}
}
if(data19.networks !== undefined){
let data29 = data19.networks;
if(Array.isArray(data29)){
if(data29.length > 20){
const err76 = {instancePath:instancePath+"/template/networks",schemaPath:"#/properties/template/properties/networks/maxItems",keyword:"maxItems",params:{limit: 20},message:"must NOT have more than 20 items"};
(vErrors ??= []).push(err76);
errors++;
}
const len1 = data29.length;
for(let i2=0; i2<len1; i2++){
let data30 = data29[i2];
if(data30 && typeof data30 == "object" && !Array.isArray(data30)){
if(data30.aliasIps === undefined){
data30.aliasIps = [];
}
if(data30.network === undefined){
const err77 = {instancePath:instancePath+"/template/networks/" + i2,schemaPath:"#/properties/template/properties/networks/items/required",keyword:"required",params:{missingProperty: "network"},message:"must have required property '"+"network"+"'"};
(vErrors ??= []).push(err77);
errors++;
}
for(const key4 in data30){
if(!(((key4 === "network") || (key4 === "ip")) || (key4 === "aliasIps"))){
const err78 = {instancePath:instancePath+"/template/networks/" + i2,schemaPath:"#/properties/template/properties/networks/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties"};
(vErrors ??= []).push(err78);
errors++;
}
}
if(data30.network !== undefined){
let data31 = data30.network;
if(typeof data31 === "string"){
if(func3(data31) > 253){
const err79 = {instancePath:instancePath+"/template/networks/" + i2+"/network",schemaPath:"#/properties/template/properties/networks/items/properties/network/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err79);
errors++;
}
if(func3(data31) < 1){
const err80 = {instancePath:instancePath+"/template/networks/" + i2+"/network",schemaPath:"#/properties/template/properties/networks/items/properties/network/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err80);
errors++;
}
if(!(formats0.test(data31))){
const err81 = {instancePath:instancePath+"/template/networks/" + i2+"/network",schemaPath:"#/properties/template/properties/networks/items/properties/network/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err81);
errors++;
}
}
else {
const err82 = {instancePath:instancePath+"/template/networks/" + i2+"/network",schemaPath:"#/properties/template/properties/networks/items/properties/network/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err82);
errors++;
}
}
if(data30.ip !== undefined){
let data32 = data30.ip;
if(typeof data32 === "string"){
if(func3(data32) > 45){
const err83 = {instancePath:instancePath+"/template/networks/" + i2+"/ip",schemaPath:"#/properties/template/properties/networks/items/properties/ip/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"};
(vErrors ??= []).push(err83);
errors++;
}
if(func3(data32) < 1){
const err84 = {instancePath:instancePath+"/template/networks/" + i2+"/ip",schemaPath:"#/properties/template/properties/networks/items/properties/ip/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err84);
errors++;
}
}
else {
const err85 = {instancePath:instancePath+"/template/networks/" + i2+"/ip",schemaPath:"#/properties/template/properties/networks/items/properties/ip/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err85);
errors++;
}
}
let data33 = data30.aliasIps;
if(Array.isArray(data33)){
if(data33.length > 50){
const err86 = {instancePath:instancePath+"/template/networks/" + i2+"/aliasIps",schemaPath:"#/properties/template/properties/networks/items/properties/aliasIps/maxItems",keyword:"maxItems",params:{limit: 50},message:"must NOT have more than 50 items"};
(vErrors ??= []).push(err86);
errors++;
}
const len2 = data33.length;
for(let i3=0; i3<len2; i3++){
let data34 = data33[i3];
if(typeof data34 === "string"){
if(func3(data34) > 45){
const err87 = {instancePath:instancePath+"/template/networks/" + i2+"/aliasIps/" + i3,schemaPath:"#/properties/template/properties/networks/items/properties/aliasIps/items/maxLength",keyword:"maxLength",params:{limit: 45},message:"must NOT have more than 45 characters"};
(vErrors ??= []).push(err87);
errors++;
}
if(func3(data34) < 1){
const err88 = {instancePath:instancePath+"/template/networks/" + i2+"/aliasIps/" + i3,schemaPath:"#/properties/template/properties/networks/items/properties/aliasIps/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err88);
errors++;
}
}
else {
const err89 = {instancePath:instancePath+"/template/networks/" + i2+"/aliasIps/" + i3,schemaPath:"#/properties/template/properties/networks/items/properties/aliasIps/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err89);
errors++;
}
}
let i4 = data33.length;
let j1;
if(i4 > 1){
const indices1 = {};
for(;i4--;){
let item1 = data33[i4];
if(typeof item1 !== "string"){
continue;
}
if(typeof indices1[item1] == "number"){
j1 = indices1[item1];
const err90 = {instancePath:instancePath+"/template/networks/" + i2+"/aliasIps",schemaPath:"#/properties/template/properties/networks/items/properties/aliasIps/uniqueItems",keyword:"uniqueItems",params:{i: i4, j: j1},message:"must NOT have duplicate items (items ## "+j1+" and "+i4+" are identical)"};
(vErrors ??= []).push(err90);
errors++;
break;
}
indices1[item1] = i4;
}
}
}
else {
const err91 = {instancePath:instancePath+"/template/networks/" + i2+"/aliasIps",schemaPath:"#/properties/template/properties/networks/items/properties/aliasIps/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err91);
errors++;
}
}
else {
const err92 = {instancePath:instancePath+"/template/networks/" + i2,schemaPath:"#/properties/template/properties/networks/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err92);
errors++;
}
}
}
else {
const err93 = {instancePath:instancePath+"/template/networks",schemaPath:"#/properties/template/properties/networks/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err93);
errors++;
}
}
if(data19.firewalls !== undefined){
let data35 = data19.firewalls;
if(Array.isArray(data35)){
if(data35.length > 5){
const err94 = {instancePath:instancePath+"/template/firewalls",schemaPath:"#/properties/template/properties/firewalls/maxItems",keyword:"maxItems",params:{limit: 5},message:"must NOT have more than 5 items"};
(vErrors ??= []).push(err94);
errors++;
}
const len3 = data35.length;
for(let i5=0; i5<len3; i5++){
let data36 = data35[i5];
if(typeof data36 === "string"){
if(func3(data36) > 253){
const err95 = {instancePath:instancePath+"/template/firewalls/" + i5,schemaPath:"#/properties/template/properties/firewalls/items/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err95);
errors++;
}
if(func3(data36) < 1){
const err96 = {instancePath:instancePath+"/template/firewalls/" + i5,schemaPath:"#/properties/template/properties/firewalls/items/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err96);
errors++;
}
if(!(formats0.test(data36))){
const err97 = {instancePath:instancePath+"/template/firewalls/" + i5,schemaPath:"#/properties/template/properties/firewalls/items/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err97);
errors++;
}
}
else {
const err98 = {instancePath:instancePath+"/template/firewalls/" + i5,schemaPath:"#/properties/template/properties/firewalls/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err98);
errors++;
}
}
let i6 = data35.length;
let j2;
if(i6 > 1){
const indices2 = {};
for(;i6--;){
let item2 = data35[i6];
if(typeof item2 !== "string"){
continue;
}
if(typeof indices2[item2] == "number"){
j2 = indices2[item2];
const err99 = {instancePath:instancePath+"/template/firewalls",schemaPath:"#/properties/template/properties/firewalls/uniqueItems",keyword:"uniqueItems",params:{i: i6, j: j2},message:"must NOT have duplicate items (items ## "+j2+" and "+i6+" are identical)"};
(vErrors ??= []).push(err99);
errors++;
break;
}
indices2[item2] = i6;
}
}
}
else {
const err100 = {instancePath:instancePath+"/template/firewalls",schemaPath:"#/properties/template/properties/firewalls/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err100);
errors++;
}
}
if(data19.placementGroup !== undefined){
let data37 = data19.placementGroup;
if(typeof data37 === "string"){
if(func3(data37) > 253){
const err101 = {instancePath:instancePath+"/template/placementGroup",schemaPath:"#/properties/template/properties/placementGroup/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err101);
errors++;
}
if(func3(data37) < 1){
const err102 = {instancePath:instancePath+"/template/placementGroup",schemaPath:"#/properties/template/properties/placementGroup/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err102);
errors++;
}
if(!(formats0.test(data37))){
const err103 = {instancePath:instancePath+"/template/placementGroup",schemaPath:"#/properties/template/properties/placementGroup/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err103);
errors++;
}
}
else {
const err104 = {instancePath:instancePath+"/template/placementGroup",schemaPath:"#/properties/template/properties/placementGroup/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err104);
errors++;
}
}
let data38 = data19.labels;
if(data38 && typeof data38 == "object" && !Array.isArray(data38)){
if(Object.keys(data38).length > 64){
const err105 = {instancePath:instancePath+"/template/labels",schemaPath:"#/properties/template/properties/labels/maxProperties",keyword:"maxProperties",params:{limit: 64},message:"must NOT have more than 64 properties"};
(vErrors ??= []).push(err105);
errors++;
}
for(const key5 in data38){
let data39 = data38[key5];
if(typeof data39 === "string"){
if(func3(data39) > 63){
const err106 = {instancePath:instancePath+"/template/labels/" + key5.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/template/properties/labels/additionalProperties/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
(vErrors ??= []).push(err106);
errors++;
}
if(!pattern2.test(data39)){
const err107 = {instancePath:instancePath+"/template/labels/" + key5.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/template/properties/labels/additionalProperties/pattern",keyword:"pattern",params:{pattern: "^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"},message:"must match pattern \""+"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"+"\""};
(vErrors ??= []).push(err107);
errors++;
}
}
else {
const err108 = {instancePath:instancePath+"/template/labels/" + key5.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/template/properties/labels/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err108);
errors++;
}
}
}
else {
const err109 = {instancePath:instancePath+"/template/labels",schemaPath:"#/properties/template/properties/labels/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err109);
errors++;
}
if(data19.backups !== undefined){
if(typeof data19.backups !== "boolean"){
const err110 = {instancePath:instancePath+"/template/backups",schemaPath:"#/properties/template/properties/backups/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err110);
errors++;
}
}
if(data19.protection !== undefined){
if(typeof data19.protection !== "boolean"){
const err111 = {instancePath:instancePath+"/template/protection",schemaPath:"#/properties/template/properties/protection/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err111);
errors++;
}
}
let data42 = data19.publicNet;
if(data42 && typeof data42 == "object" && !Array.isArray(data42)){
if(data42.ipv4 === undefined){
data42.ipv4 = true;
}
if(data42.ipv6 === undefined){
data42.ipv6 = true;
}
for(const key6 in data42){
if(!((((key6 === "ipv4") || (key6 === "ipv6")) || (key6 === "ipv4Address")) || (key6 === "ipv6Address"))){
const err112 = {instancePath:instancePath+"/template/publicNet",schemaPath:"#/properties/template/properties/publicNet/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},message:"must NOT have additional properties"};
(vErrors ??= []).push(err112);
errors++;
}
}
if(typeof data42.ipv4 !== "boolean"){
const err113 = {instancePath:instancePath+"/template/publicNet/ipv4",schemaPath:"#/properties/template/properties/publicNet/properties/ipv4/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err113);
errors++;
}
if(typeof data42.ipv6 !== "boolean"){
const err114 = {instancePath:instancePath+"/template/publicNet/ipv6",schemaPath:"#/properties/template/properties/publicNet/properties/ipv6/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err114);
errors++;
}
if(data42.ipv4Address !== undefined){
let data45 = data42.ipv4Address;
if(typeof data45 === "string"){
if(func3(data45) > 253){
const err115 = {instancePath:instancePath+"/template/publicNet/ipv4Address",schemaPath:"#/properties/template/properties/publicNet/properties/ipv4Address/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err115);
errors++;
}
if(func3(data45) < 1){
const err116 = {instancePath:instancePath+"/template/publicNet/ipv4Address",schemaPath:"#/properties/template/properties/publicNet/properties/ipv4Address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err116);
errors++;
}
if(!(formats0.test(data45))){
const err117 = {instancePath:instancePath+"/template/publicNet/ipv4Address",schemaPath:"#/properties/template/properties/publicNet/properties/ipv4Address/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err117);
errors++;
}
}
else {
const err118 = {instancePath:instancePath+"/template/publicNet/ipv4Address",schemaPath:"#/properties/template/properties/publicNet/properties/ipv4Address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err118);
errors++;
}
}
if(data42.ipv6Address !== undefined){
let data46 = data42.ipv6Address;
if(typeof data46 === "string"){
if(func3(data46) > 253){
const err119 = {instancePath:instancePath+"/template/publicNet/ipv6Address",schemaPath:"#/properties/template/properties/publicNet/properties/ipv6Address/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err119);
errors++;
}
if(func3(data46) < 1){
const err120 = {instancePath:instancePath+"/template/publicNet/ipv6Address",schemaPath:"#/properties/template/properties/publicNet/properties/ipv6Address/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err120);
errors++;
}
if(!(formats0.test(data46))){
const err121 = {instancePath:instancePath+"/template/publicNet/ipv6Address",schemaPath:"#/properties/template/properties/publicNet/properties/ipv6Address/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err121);
errors++;
}
}
else {
const err122 = {instancePath:instancePath+"/template/publicNet/ipv6Address",schemaPath:"#/properties/template/properties/publicNet/properties/ipv6Address/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err122);
errors++;
}
}
}
else {
const err123 = {instancePath:instancePath+"/template/publicNet",schemaPath:"#/properties/template/properties/publicNet/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err123);
errors++;
}
let data47 = data19.readyGrace;
if(typeof data47 === "string"){
if(!(formats18.test(data47))){
const err124 = {instancePath:instancePath+"/template/readyGrace",schemaPath:"#/properties/template/properties/readyGrace/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err124);
errors++;
}
}
else {
const err125 = {instancePath:instancePath+"/template/readyGrace",schemaPath:"#/properties/template/properties/readyGrace/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err125);
errors++;
}
let data48 = data19.idleGrace;
if(typeof data48 === "string"){
if(!(formats18.test(data48))){
const err126 = {instancePath:instancePath+"/template/idleGrace",schemaPath:"#/properties/template/properties/idleGrace/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err126);
errors++;
}
}
else {
const err127 = {instancePath:instancePath+"/template/idleGrace",schemaPath:"#/properties/template/properties/idleGrace/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err127);
errors++;
}
let data49 = data19.drainGrace;
if(typeof data49 === "string"){
if(!(formats18.test(data49))){
const err128 = {instancePath:instancePath+"/template/drainGrace",schemaPath:"#/properties/template/properties/drainGrace/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err128);
errors++;
}
}
else {
const err129 = {instancePath:instancePath+"/template/drainGrace",schemaPath:"#/properties/template/properties/drainGrace/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err129);
errors++;
}
let data50 = data19.startDeadline;
if(typeof data50 === "string"){
if(!(formats18.test(data50))){
const err130 = {instancePath:instancePath+"/template/startDeadline",schemaPath:"#/properties/template/properties/startDeadline/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err130);
errors++;
}
}
else {
const err131 = {instancePath:instancePath+"/template/startDeadline",schemaPath:"#/properties/template/properties/startDeadline/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err131);
errors++;
}
let data51 = data19.readiness;
if(data51 && typeof data51 == "object" && !Array.isArray(data51)){
if(Object.keys(data51).length > 1){
const err132 = {instancePath:instancePath+"/template/readiness",schemaPath:"#/properties/template/properties/readiness/maxProperties",keyword:"maxProperties",params:{limit: 1},message:"must NOT have more than 1 properties"};
(vErrors ??= []).push(err132);
errors++;
}
if(Object.keys(data51).length < 1){
const err133 = {instancePath:instancePath+"/template/readiness",schemaPath:"#/properties/template/properties/readiness/minProperties",keyword:"minProperties",params:{limit: 1},message:"must NOT have fewer than 1 properties"};
(vErrors ??= []).push(err133);
errors++;
}
for(const key7 in data51){
if(!((((key7 === "tcp") || (key7 === "http")) || (key7 === "label")) || (key7 === "after"))){
const err134 = {instancePath:instancePath+"/template/readiness",schemaPath:"#/properties/template/properties/readiness/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7},message:"must NOT have additional properties"};
(vErrors ??= []).push(err134);
errors++;
}
}
if(data51.tcp !== undefined){
let data52 = data51.tcp;
if(data52 && typeof data52 == "object" && !Array.isArray(data52)){
if(data52.port === undefined){
const err135 = {instancePath:instancePath+"/template/readiness/tcp",schemaPath:"#/properties/template/properties/readiness/properties/tcp/required",keyword:"required",params:{missingProperty: "port"},message:"must have required property '"+"port"+"'"};
(vErrors ??= []).push(err135);
errors++;
}
for(const key8 in data52){
if(!((key8 === "port") || (key8 === "network"))){
const err136 = {instancePath:instancePath+"/template/readiness/tcp",schemaPath:"#/properties/template/properties/readiness/properties/tcp/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8},message:"must NOT have additional properties"};
(vErrors ??= []).push(err136);
errors++;
}
}
if(data52.port !== undefined){
let data53 = data52.port;
if(!(((typeof data53 == "number") && (!(data53 % 1) && !isNaN(data53))) && (isFinite(data53)))){
const err137 = {instancePath:instancePath+"/template/readiness/tcp/port",schemaPath:"#/properties/template/properties/readiness/properties/tcp/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err137);
errors++;
}
if((typeof data53 == "number") && (isFinite(data53))){
if(data53 > 65535 || isNaN(data53)){
const err138 = {instancePath:instancePath+"/template/readiness/tcp/port",schemaPath:"#/properties/template/properties/readiness/properties/tcp/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"};
(vErrors ??= []).push(err138);
errors++;
}
if(data53 < 1 || isNaN(data53)){
const err139 = {instancePath:instancePath+"/template/readiness/tcp/port",schemaPath:"#/properties/template/properties/readiness/properties/tcp/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err139);
errors++;
}
}
}
if(data52.network !== undefined){
let data54 = data52.network;
if(typeof data54 === "string"){
if(func3(data54) > 253){
const err140 = {instancePath:instancePath+"/template/readiness/tcp/network",schemaPath:"#/properties/template/properties/readiness/properties/tcp/properties/network/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err140);
errors++;
}
if(func3(data54) < 1){
const err141 = {instancePath:instancePath+"/template/readiness/tcp/network",schemaPath:"#/properties/template/properties/readiness/properties/tcp/properties/network/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err141);
errors++;
}
if(!(formats0.test(data54))){
const err142 = {instancePath:instancePath+"/template/readiness/tcp/network",schemaPath:"#/properties/template/properties/readiness/properties/tcp/properties/network/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err142);
errors++;
}
}
else {
const err143 = {instancePath:instancePath+"/template/readiness/tcp/network",schemaPath:"#/properties/template/properties/readiness/properties/tcp/properties/network/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err143);
errors++;
}
}
}
else {
const err144 = {instancePath:instancePath+"/template/readiness/tcp",schemaPath:"#/properties/template/properties/readiness/properties/tcp/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err144);
errors++;
}
}
if(data51.http !== undefined){
let data55 = data51.http;
if(data55 && typeof data55 == "object" && !Array.isArray(data55)){
if(data55.path === undefined){
data55.path = "/";
}
if(data55.port === undefined){
const err145 = {instancePath:instancePath+"/template/readiness/http",schemaPath:"#/properties/template/properties/readiness/properties/http/required",keyword:"required",params:{missingProperty: "port"},message:"must have required property '"+"port"+"'"};
(vErrors ??= []).push(err145);
errors++;
}
for(const key9 in data55){
if(!(((key9 === "port") || (key9 === "path")) || (key9 === "network"))){
const err146 = {instancePath:instancePath+"/template/readiness/http",schemaPath:"#/properties/template/properties/readiness/properties/http/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9},message:"must NOT have additional properties"};
(vErrors ??= []).push(err146);
errors++;
}
}
if(data55.port !== undefined){
let data56 = data55.port;
if(!(((typeof data56 == "number") && (!(data56 % 1) && !isNaN(data56))) && (isFinite(data56)))){
const err147 = {instancePath:instancePath+"/template/readiness/http/port",schemaPath:"#/properties/template/properties/readiness/properties/http/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err147);
errors++;
}
if((typeof data56 == "number") && (isFinite(data56))){
if(data56 > 65535 || isNaN(data56)){
const err148 = {instancePath:instancePath+"/template/readiness/http/port",schemaPath:"#/properties/template/properties/readiness/properties/http/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"};
(vErrors ??= []).push(err148);
errors++;
}
if(data56 < 1 || isNaN(data56)){
const err149 = {instancePath:instancePath+"/template/readiness/http/port",schemaPath:"#/properties/template/properties/readiness/properties/http/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err149);
errors++;
}
}
}
let data57 = data55.path;
if(typeof data57 === "string"){
if(func3(data57) > 2048){
const err150 = {instancePath:instancePath+"/template/readiness/http/path",schemaPath:"#/properties/template/properties/readiness/properties/http/properties/path/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err150);
errors++;
}
if(!pattern3.test(data57)){
const err151 = {instancePath:instancePath+"/template/readiness/http/path",schemaPath:"#/properties/template/properties/readiness/properties/http/properties/path/pattern",keyword:"pattern",params:{pattern: "^/[!-~]*$"},message:"must match pattern \""+"^/[!-~]*$"+"\""};
(vErrors ??= []).push(err151);
errors++;
}
}
else {
const err152 = {instancePath:instancePath+"/template/readiness/http/path",schemaPath:"#/properties/template/properties/readiness/properties/http/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err152);
errors++;
}
if(data55.network !== undefined){
let data58 = data55.network;
if(typeof data58 === "string"){
if(func3(data58) > 253){
const err153 = {instancePath:instancePath+"/template/readiness/http/network",schemaPath:"#/properties/template/properties/readiness/properties/http/properties/network/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err153);
errors++;
}
if(func3(data58) < 1){
const err154 = {instancePath:instancePath+"/template/readiness/http/network",schemaPath:"#/properties/template/properties/readiness/properties/http/properties/network/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err154);
errors++;
}
if(!(formats0.test(data58))){
const err155 = {instancePath:instancePath+"/template/readiness/http/network",schemaPath:"#/properties/template/properties/readiness/properties/http/properties/network/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err155);
errors++;
}
}
else {
const err156 = {instancePath:instancePath+"/template/readiness/http/network",schemaPath:"#/properties/template/properties/readiness/properties/http/properties/network/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err156);
errors++;
}
}
}
else {
const err157 = {instancePath:instancePath+"/template/readiness/http",schemaPath:"#/properties/template/properties/readiness/properties/http/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err157);
errors++;
}
}
if(data51.label !== undefined){
let data59 = data51.label;
if(typeof data59 === "string"){
if(func3(data59) > 317){
const err158 = {instancePath:instancePath+"/template/readiness/label",schemaPath:"#/properties/template/properties/readiness/properties/label/maxLength",keyword:"maxLength",params:{limit: 317},message:"must NOT have more than 317 characters"};
(vErrors ??= []).push(err158);
errors++;
}
if(func3(data59) < 1){
const err159 = {instancePath:instancePath+"/template/readiness/label",schemaPath:"#/properties/template/properties/readiness/properties/label/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err159);
errors++;
}
if(!pattern4.test(data59)){
const err160 = {instancePath:instancePath+"/template/readiness/label",schemaPath:"#/properties/template/properties/readiness/properties/label/pattern",keyword:"pattern",params:{pattern: "^[^=\\s]+=[^=\\s]*$"},message:"must match pattern \""+"^[^=\\s]+=[^=\\s]*$"+"\""};
(vErrors ??= []).push(err160);
errors++;
}
}
else {
const err161 = {instancePath:instancePath+"/template/readiness/label",schemaPath:"#/properties/template/properties/readiness/properties/label/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err161);
errors++;
}
}
if(data51.after !== undefined){
let data60 = data51.after;
if(typeof data60 === "string"){
if(!(formats18.test(data60))){
const err162 = {instancePath:instancePath+"/template/readiness/after",schemaPath:"#/properties/template/properties/readiness/properties/after/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err162);
errors++;
}
}
else {
const err163 = {instancePath:instancePath+"/template/readiness/after",schemaPath:"#/properties/template/properties/readiness/properties/after/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err163);
errors++;
}
}
}
else {
const err164 = {instancePath:instancePath+"/template/readiness",schemaPath:"#/properties/template/properties/readiness/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err164);
errors++;
}
let data61 = data19.workloads;
if(data61 && typeof data61 == "object" && !Array.isArray(data61)){
if(data61.none === undefined){
data61.none = false;
}
for(const key10 in data61){
if(!(key10 === "none")){
const err165 = {instancePath:instancePath+"/template/workloads",schemaPath:"#/properties/template/properties/workloads/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key10},message:"must NOT have additional properties"};
(vErrors ??= []).push(err165);
errors++;
}
}
if(typeof data61.none !== "boolean"){
const err166 = {instancePath:instancePath+"/template/workloads/none",schemaPath:"#/properties/template/properties/workloads/properties/none/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err166);
errors++;
}
}
else {
const err167 = {instancePath:instancePath+"/template/workloads",schemaPath:"#/properties/template/properties/workloads/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err167);
errors++;
}
}
else {
const err168 = {instancePath:instancePath+"/template",schemaPath:"#/properties/template/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err168);
errors++;
}
}
}
else {
const err169 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err169);
errors++;
}
validate22.errors = vErrors;
return errors === 0;
}
const schema8 = {"type":"object","additionalProperties":false,"required":["node"],"properties":{"node":{"type":"string","minLength":1,"maxLength":253,"description":"Name of the Node that the container should run on; members of a pool count."},"pool":{"type":"string","minLength":1,"maxLength":253,"description":"The pool whose consolidation moves the container."}}};
function validate23(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.node === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "node"},message:"must have required property '"+"node"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
for(const key0 in data){
if(!((key0 === "node") || (key0 === "pool"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err1);
errors++;
}
}
if(data.node !== undefined){
let data0 = data.node;
if(typeof data0 === "string"){
if(func3(data0) > 253){
const err2 = {instancePath:instancePath+"/node",schemaPath:"#/properties/node/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err2);
errors++;
}
if(func3(data0) < 1){
const err3 = {instancePath:instancePath+"/node",schemaPath:"#/properties/node/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err3);
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/node",schemaPath:"#/properties/node/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err4);
errors++;
}
}
if(data.pool !== undefined){
let data1 = data.pool;
if(typeof data1 === "string"){
if(func3(data1) > 253){
const err5 = {instancePath:instancePath+"/pool",schemaPath:"#/properties/pool/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err5);
errors++;
}
if(func3(data1) < 1){
const err6 = {instancePath:instancePath+"/pool",schemaPath:"#/properties/pool/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err6);
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/pool",schemaPath:"#/properties/pool/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err7);
errors++;
}
}
}
else {
const err8 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err8);
errors++;
}
validate23.errors = vErrors;
return errors === 0;
}
const schema9 = {"type":"object","additionalProperties":false,"properties":{"serverId":{"type":"integer","description":"Id of the server at the provider."},"project":{"type":"string","description":"Value of the project label at the last refresh of the server."},"left":{"type":"object","additionalProperties":false,"description":"Present values of settings that the document leaves open, for a replacement of the server.","properties":{"networks":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["network","ip","aliasIps"],"properties":{"network":{"type":"string"},"ip":{"type":"string"},"aliasIps":{"type":"array","items":{"type":"string"}}}}},"firewalls":{"type":"array","items":{"type":"string"}},"volumes":{"type":"array","items":{"type":"string"}},"placementGroup":{"type":"string"},"backups":{"type":"boolean"},"protection":{"type":"boolean"}}},"wasSystem":{"type":"boolean","description":"The node was a system node once, and in use without any container."},"names":{"type":"array","maxItems":5,"items":{"type":"string"},"description":"Former names of the server, the newest first."},"labels":{"type":"array","items":{"type":"string"},"description":"Keys of the labels that come from the document: those that the document no longer declares are removed."},"sshKeys":{"type":"string","description":"Digest of the SSH keys at the creation."},"userData":{"type":"string","description":"Digest of the user data at the creation."},"provisionedAt":{"type":"string","description":"Time of the creation at the provider, ISO 8601."},"initializedAt":{"type":"string","description":"Time of the first readiness, ISO 8601."},"firstContainerAt":{"type":"string","description":"Time when the first container started, ISO 8601."},"lastContainerAt":{"type":"string","description":"Time when the last container ended, ISO 8601."},"drainingAt":{"type":"string","description":"Time of the draining, ISO 8601; a drained node never returns to service."},"toldAt":{"type":"string","description":"Time when the workload source stopped new containers, ISO 8601."},"recoveredAt":{"type":"string","description":"Time when the server was found at the provider and adopted, ISO 8601."},"syncCompletedAt":{"type":"string","description":"Time when the containers of every node had been read once after that, ISO 8601."},"containersEver":{"type":"integer","description":"Containers that ever started on the node."},"startedTotal":{"type":"integer","description":"The last count of started containers from the source."},"containerIds":{"type":"array","items":{"type":"string"},"description":"Short digests of the containers at the last refresh, if the source does not count."},"containers":{"type":"integer","description":"Containers at the last refresh."},"allocatedMb":{"type":"number","description":"Memory of the containers at the last refresh, in MB."},"emptySince":{"type":"string","description":"Time since which the node has been empty, ISO 8601."},"lookedAt":{"type":"string","description":"Time of the last refresh of the containers, ISO 8601; kept if the source does not report `emptySince`."},"probeFailures":{"type":"integer","description":"Failed probes in a row."},"probeFailedAt":{"type":"string","description":"Time of the last counted one, ISO 8601."},"failingSince":{"type":"string","description":"Time of the first one, ISO 8601."}}};
function validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema9.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err0);
errors++;
}
}
if(data.serverId !== undefined){
let data0 = data.serverId;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err1 = {instancePath:instancePath+"/serverId",schemaPath:"#/properties/serverId/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err1);
errors++;
}
}
if(data.project !== undefined){
if(typeof data.project !== "string"){
const err2 = {instancePath:instancePath+"/project",schemaPath:"#/properties/project/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err2);
errors++;
}
}
if(data.left !== undefined){
let data2 = data.left;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
for(const key1 in data2){
if(!((((((key1 === "networks") || (key1 === "firewalls")) || (key1 === "volumes")) || (key1 === "placementGroup")) || (key1 === "backups")) || (key1 === "protection"))){
const err3 = {instancePath:instancePath+"/left",schemaPath:"#/properties/left/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err3);
errors++;
}
}
if(data2.networks !== undefined){
let data3 = data2.networks;
if(Array.isArray(data3)){
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
let data4 = data3[i0];
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
if(data4.network === undefined){
const err4 = {instancePath:instancePath+"/left/networks/" + i0,schemaPath:"#/properties/left/properties/networks/items/required",keyword:"required",params:{missingProperty: "network"},message:"must have required property '"+"network"+"'"};
(vErrors ??= []).push(err4);
errors++;
}
if(data4.ip === undefined){
const err5 = {instancePath:instancePath+"/left/networks/" + i0,schemaPath:"#/properties/left/properties/networks/items/required",keyword:"required",params:{missingProperty: "ip"},message:"must have required property '"+"ip"+"'"};
(vErrors ??= []).push(err5);
errors++;
}
if(data4.aliasIps === undefined){
const err6 = {instancePath:instancePath+"/left/networks/" + i0,schemaPath:"#/properties/left/properties/networks/items/required",keyword:"required",params:{missingProperty: "aliasIps"},message:"must have required property '"+"aliasIps"+"'"};
(vErrors ??= []).push(err6);
errors++;
}
for(const key2 in data4){
if(!(((key2 === "network") || (key2 === "ip")) || (key2 === "aliasIps"))){
const err7 = {instancePath:instancePath+"/left/networks/" + i0,schemaPath:"#/properties/left/properties/networks/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
(vErrors ??= []).push(err7);
errors++;
}
}
if(data4.network !== undefined){
if(typeof data4.network !== "string"){
const err8 = {instancePath:instancePath+"/left/networks/" + i0+"/network",schemaPath:"#/properties/left/properties/networks/items/properties/network/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err8);
errors++;
}
}
if(data4.ip !== undefined){
if(typeof data4.ip !== "string"){
const err9 = {instancePath:instancePath+"/left/networks/" + i0+"/ip",schemaPath:"#/properties/left/properties/networks/items/properties/ip/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err9);
errors++;
}
}
if(data4.aliasIps !== undefined){
let data7 = data4.aliasIps;
if(Array.isArray(data7)){
const len1 = data7.length;
for(let i1=0; i1<len1; i1++){
if(typeof data7[i1] !== "string"){
const err10 = {instancePath:instancePath+"/left/networks/" + i0+"/aliasIps/" + i1,schemaPath:"#/properties/left/properties/networks/items/properties/aliasIps/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err10);
errors++;
}
}
}
else {
const err11 = {instancePath:instancePath+"/left/networks/" + i0+"/aliasIps",schemaPath:"#/properties/left/properties/networks/items/properties/aliasIps/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err11);
errors++;
}
}
}
else {
const err12 = {instancePath:instancePath+"/left/networks/" + i0,schemaPath:"#/properties/left/properties/networks/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err12);
errors++;
}
}
}
else {
const err13 = {instancePath:instancePath+"/left/networks",schemaPath:"#/properties/left/properties/networks/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err13);
errors++;
}
}
if(data2.firewalls !== undefined){
let data9 = data2.firewalls;
if(Array.isArray(data9)){
const len2 = data9.length;
for(let i2=0; i2<len2; i2++){
if(typeof data9[i2] !== "string"){
const err14 = {instancePath:instancePath+"/left/firewalls/" + i2,schemaPath:"#/properties/left/properties/firewalls/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err14);
errors++;
}
}
}
else {
const err15 = {instancePath:instancePath+"/left/firewalls",schemaPath:"#/properties/left/properties/firewalls/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err15);
errors++;
}
}
if(data2.volumes !== undefined){
let data11 = data2.volumes;
if(Array.isArray(data11)){
const len3 = data11.length;
for(let i3=0; i3<len3; i3++){
if(typeof data11[i3] !== "string"){
const err16 = {instancePath:instancePath+"/left/volumes/" + i3,schemaPath:"#/properties/left/properties/volumes/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err16);
errors++;
}
}
}
else {
const err17 = {instancePath:instancePath+"/left/volumes",schemaPath:"#/properties/left/properties/volumes/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err17);
errors++;
}
}
if(data2.placementGroup !== undefined){
if(typeof data2.placementGroup !== "string"){
const err18 = {instancePath:instancePath+"/left/placementGroup",schemaPath:"#/properties/left/properties/placementGroup/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err18);
errors++;
}
}
if(data2.backups !== undefined){
if(typeof data2.backups !== "boolean"){
const err19 = {instancePath:instancePath+"/left/backups",schemaPath:"#/properties/left/properties/backups/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err19);
errors++;
}
}
if(data2.protection !== undefined){
if(typeof data2.protection !== "boolean"){
const err20 = {instancePath:instancePath+"/left/protection",schemaPath:"#/properties/left/properties/protection/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err20);
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/left",schemaPath:"#/properties/left/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err21);
errors++;
}
}
if(data.wasSystem !== undefined){
if(typeof data.wasSystem !== "boolean"){
const err22 = {instancePath:instancePath+"/wasSystem",schemaPath:"#/properties/wasSystem/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
(vErrors ??= []).push(err22);
errors++;
}
}
if(data.names !== undefined){
let data17 = data.names;
if(Array.isArray(data17)){
if(data17.length > 5){
const err23 = {instancePath:instancePath+"/names",schemaPath:"#/properties/names/maxItems",keyword:"maxItems",params:{limit: 5},message:"must NOT have more than 5 items"};
(vErrors ??= []).push(err23);
errors++;
}
const len4 = data17.length;
for(let i4=0; i4<len4; i4++){
if(typeof data17[i4] !== "string"){
const err24 = {instancePath:instancePath+"/names/" + i4,schemaPath:"#/properties/names/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err24);
errors++;
}
}
}
else {
const err25 = {instancePath:instancePath+"/names",schemaPath:"#/properties/names/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err25);
errors++;
}
}
if(data.labels !== undefined){
let data19 = data.labels;
if(Array.isArray(data19)){
const len5 = data19.length;
for(let i5=0; i5<len5; i5++){
if(typeof data19[i5] !== "string"){
const err26 = {instancePath:instancePath+"/labels/" + i5,schemaPath:"#/properties/labels/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err26);
errors++;
}
}
}
else {
const err27 = {instancePath:instancePath+"/labels",schemaPath:"#/properties/labels/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err27);
errors++;
}
}
if(data.sshKeys !== undefined){
if(typeof data.sshKeys !== "string"){
const err28 = {instancePath:instancePath+"/sshKeys",schemaPath:"#/properties/sshKeys/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err28);
errors++;
}
}
if(data.userData !== undefined){
if(typeof data.userData !== "string"){
const err29 = {instancePath:instancePath+"/userData",schemaPath:"#/properties/userData/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err29);
errors++;
}
}
if(data.provisionedAt !== undefined){
if(typeof data.provisionedAt !== "string"){
const err30 = {instancePath:instancePath+"/provisionedAt",schemaPath:"#/properties/provisionedAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err30);
errors++;
}
}
if(data.initializedAt !== undefined){
if(typeof data.initializedAt !== "string"){
const err31 = {instancePath:instancePath+"/initializedAt",schemaPath:"#/properties/initializedAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err31);
errors++;
}
}
if(data.firstContainerAt !== undefined){
if(typeof data.firstContainerAt !== "string"){
const err32 = {instancePath:instancePath+"/firstContainerAt",schemaPath:"#/properties/firstContainerAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err32);
errors++;
}
}
if(data.lastContainerAt !== undefined){
if(typeof data.lastContainerAt !== "string"){
const err33 = {instancePath:instancePath+"/lastContainerAt",schemaPath:"#/properties/lastContainerAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err33);
errors++;
}
}
if(data.drainingAt !== undefined){
if(typeof data.drainingAt !== "string"){
const err34 = {instancePath:instancePath+"/drainingAt",schemaPath:"#/properties/drainingAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err34);
errors++;
}
}
if(data.toldAt !== undefined){
if(typeof data.toldAt !== "string"){
const err35 = {instancePath:instancePath+"/toldAt",schemaPath:"#/properties/toldAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err35);
errors++;
}
}
if(data.recoveredAt !== undefined){
if(typeof data.recoveredAt !== "string"){
const err36 = {instancePath:instancePath+"/recoveredAt",schemaPath:"#/properties/recoveredAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err36);
errors++;
}
}
if(data.syncCompletedAt !== undefined){
if(typeof data.syncCompletedAt !== "string"){
const err37 = {instancePath:instancePath+"/syncCompletedAt",schemaPath:"#/properties/syncCompletedAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err37);
errors++;
}
}
if(data.containersEver !== undefined){
let data31 = data.containersEver;
if(!(((typeof data31 == "number") && (!(data31 % 1) && !isNaN(data31))) && (isFinite(data31)))){
const err38 = {instancePath:instancePath+"/containersEver",schemaPath:"#/properties/containersEver/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err38);
errors++;
}
}
if(data.startedTotal !== undefined){
let data32 = data.startedTotal;
if(!(((typeof data32 == "number") && (!(data32 % 1) && !isNaN(data32))) && (isFinite(data32)))){
const err39 = {instancePath:instancePath+"/startedTotal",schemaPath:"#/properties/startedTotal/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err39);
errors++;
}
}
if(data.containerIds !== undefined){
let data33 = data.containerIds;
if(Array.isArray(data33)){
const len6 = data33.length;
for(let i6=0; i6<len6; i6++){
if(typeof data33[i6] !== "string"){
const err40 = {instancePath:instancePath+"/containerIds/" + i6,schemaPath:"#/properties/containerIds/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err40);
errors++;
}
}
}
else {
const err41 = {instancePath:instancePath+"/containerIds",schemaPath:"#/properties/containerIds/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err41);
errors++;
}
}
if(data.containers !== undefined){
let data35 = data.containers;
if(!(((typeof data35 == "number") && (!(data35 % 1) && !isNaN(data35))) && (isFinite(data35)))){
const err42 = {instancePath:instancePath+"/containers",schemaPath:"#/properties/containers/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err42);
errors++;
}
}
if(data.allocatedMb !== undefined){
let data36 = data.allocatedMb;
if(!((typeof data36 == "number") && (isFinite(data36)))){
const err43 = {instancePath:instancePath+"/allocatedMb",schemaPath:"#/properties/allocatedMb/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err43);
errors++;
}
}
if(data.emptySince !== undefined){
if(typeof data.emptySince !== "string"){
const err44 = {instancePath:instancePath+"/emptySince",schemaPath:"#/properties/emptySince/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err44);
errors++;
}
}
if(data.lookedAt !== undefined){
if(typeof data.lookedAt !== "string"){
const err45 = {instancePath:instancePath+"/lookedAt",schemaPath:"#/properties/lookedAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err45);
errors++;
}
}
if(data.probeFailures !== undefined){
let data39 = data.probeFailures;
if(!(((typeof data39 == "number") && (!(data39 % 1) && !isNaN(data39))) && (isFinite(data39)))){
const err46 = {instancePath:instancePath+"/probeFailures",schemaPath:"#/properties/probeFailures/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err46);
errors++;
}
}
if(data.probeFailedAt !== undefined){
if(typeof data.probeFailedAt !== "string"){
const err47 = {instancePath:instancePath+"/probeFailedAt",schemaPath:"#/properties/probeFailedAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err47);
errors++;
}
}
if(data.failingSince !== undefined){
if(typeof data.failingSince !== "string"){
const err48 = {instancePath:instancePath+"/failingSince",schemaPath:"#/properties/failingSince/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err48);
errors++;
}
}
}
else {
const err49 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err49);
errors++;
}
validate24.errors = vErrors;
return errors === 0;
}
const schema10 = {"type":"object","additionalProperties":false,"properties":{"prefix":{"type":"string","description":"Prefix of the names of the members: the first name of the pool. A hyphen and a number follow."},"members":{"type":"array","items":{"type":"integer"},"description":"Numbers of the members, in the order of their creation."},"next":{"type":"integer","description":"The next number; numbers are never used twice."},"changedBy":{"type":"string","description":"The intent whose outcome last changed it."},"scaledUpAt":{"type":"string","description":"Time of the last growth, ISO 8601."},"scaledDownAt":{"type":"string","description":"Time of the last shrinkage, ISO 8601."},"crossing":{"enum":["up","down"],"description":"Threshold of the reactive policy that was crossed at the last refresh."},"crossingSince":{"type":"string","description":"Time since which the threshold has been crossed, ISO 8601."},"consolidatedAt":{"type":"string","description":"Start of the last consolidation, ISO 8601."},"dropped":{"type":"array","description":"Members that left the pool and may still exist, with the policy that decided it.","items":{"type":"object","additionalProperties":false,"required":["members","at","by","because"],"properties":{"members":{"type":"array","items":{"type":"integer"}},"at":{"type":"string","description":"ISO 8601."},"by":{"enum":["reactive_policy","consolidation_policy","manual"]},"because":{"type":"string"}}}},"going":{"type":"array","items":{"type":"integer"},"description":"Members that a consolidation empties."},"moves":{"type":"array","description":"Containers that the consolidation moves.","items":{"type":"object","additionalProperties":false,"required":["container","from","to"],"properties":{"container":{"type":"string"},"from":{"type":"integer"},"to":{"type":"integer"}}}}}};
function validate25(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema10.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err0);
errors++;
}
}
if(data.prefix !== undefined){
if(typeof data.prefix !== "string"){
const err1 = {instancePath:instancePath+"/prefix",schemaPath:"#/properties/prefix/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err1);
errors++;
}
}
if(data.members !== undefined){
let data1 = data.members;
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err2 = {instancePath:instancePath+"/members/" + i0,schemaPath:"#/properties/members/items/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err2);
errors++;
}
}
}
else {
const err3 = {instancePath:instancePath+"/members",schemaPath:"#/properties/members/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err3);
errors++;
}
}
if(data.next !== undefined){
let data3 = data.next;
if(!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3)))){
const err4 = {instancePath:instancePath+"/next",schemaPath:"#/properties/next/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err4);
errors++;
}
}
if(data.changedBy !== undefined){
if(typeof data.changedBy !== "string"){
const err5 = {instancePath:instancePath+"/changedBy",schemaPath:"#/properties/changedBy/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err5);
errors++;
}
}
if(data.scaledUpAt !== undefined){
if(typeof data.scaledUpAt !== "string"){
const err6 = {instancePath:instancePath+"/scaledUpAt",schemaPath:"#/properties/scaledUpAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err6);
errors++;
}
}
if(data.scaledDownAt !== undefined){
if(typeof data.scaledDownAt !== "string"){
const err7 = {instancePath:instancePath+"/scaledDownAt",schemaPath:"#/properties/scaledDownAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err7);
errors++;
}
}
if(data.crossing !== undefined){
let data7 = data.crossing;
if(!((data7 === "up") || (data7 === "down"))){
const err8 = {instancePath:instancePath+"/crossing",schemaPath:"#/properties/crossing/enum",keyword:"enum",params:{allowedValues: schema10.properties.crossing.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err8);
errors++;
}
}
if(data.crossingSince !== undefined){
if(typeof data.crossingSince !== "string"){
const err9 = {instancePath:instancePath+"/crossingSince",schemaPath:"#/properties/crossingSince/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err9);
errors++;
}
}
if(data.consolidatedAt !== undefined){
if(typeof data.consolidatedAt !== "string"){
const err10 = {instancePath:instancePath+"/consolidatedAt",schemaPath:"#/properties/consolidatedAt/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err10);
errors++;
}
}
if(data.dropped !== undefined){
let data10 = data.dropped;
if(Array.isArray(data10)){
const len1 = data10.length;
for(let i1=0; i1<len1; i1++){
let data11 = data10[i1];
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
if(data11.members === undefined){
const err11 = {instancePath:instancePath+"/dropped/" + i1,schemaPath:"#/properties/dropped/items/required",keyword:"required",params:{missingProperty: "members"},message:"must have required property '"+"members"+"'"};
(vErrors ??= []).push(err11);
errors++;
}
if(data11.at === undefined){
const err12 = {instancePath:instancePath+"/dropped/" + i1,schemaPath:"#/properties/dropped/items/required",keyword:"required",params:{missingProperty: "at"},message:"must have required property '"+"at"+"'"};
(vErrors ??= []).push(err12);
errors++;
}
if(data11.by === undefined){
const err13 = {instancePath:instancePath+"/dropped/" + i1,schemaPath:"#/properties/dropped/items/required",keyword:"required",params:{missingProperty: "by"},message:"must have required property '"+"by"+"'"};
(vErrors ??= []).push(err13);
errors++;
}
if(data11.because === undefined){
const err14 = {instancePath:instancePath+"/dropped/" + i1,schemaPath:"#/properties/dropped/items/required",keyword:"required",params:{missingProperty: "because"},message:"must have required property '"+"because"+"'"};
(vErrors ??= []).push(err14);
errors++;
}
for(const key1 in data11){
if(!((((key1 === "members") || (key1 === "at")) || (key1 === "by")) || (key1 === "because"))){
const err15 = {instancePath:instancePath+"/dropped/" + i1,schemaPath:"#/properties/dropped/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err15);
errors++;
}
}
if(data11.members !== undefined){
let data12 = data11.members;
if(Array.isArray(data12)){
const len2 = data12.length;
for(let i2=0; i2<len2; i2++){
let data13 = data12[i2];
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
const err16 = {instancePath:instancePath+"/dropped/" + i1+"/members/" + i2,schemaPath:"#/properties/dropped/items/properties/members/items/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err16);
errors++;
}
}
}
else {
const err17 = {instancePath:instancePath+"/dropped/" + i1+"/members",schemaPath:"#/properties/dropped/items/properties/members/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err17);
errors++;
}
}
if(data11.at !== undefined){
if(typeof data11.at !== "string"){
const err18 = {instancePath:instancePath+"/dropped/" + i1+"/at",schemaPath:"#/properties/dropped/items/properties/at/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err18);
errors++;
}
}
if(data11.by !== undefined){
let data15 = data11.by;
if(!(((data15 === "reactive_policy") || (data15 === "consolidation_policy")) || (data15 === "manual"))){
const err19 = {instancePath:instancePath+"/dropped/" + i1+"/by",schemaPath:"#/properties/dropped/items/properties/by/enum",keyword:"enum",params:{allowedValues: schema10.properties.dropped.items.properties.by.enum},message:"must be equal to one of the allowed values"};
(vErrors ??= []).push(err19);
errors++;
}
}
if(data11.because !== undefined){
if(typeof data11.because !== "string"){
const err20 = {instancePath:instancePath+"/dropped/" + i1+"/because",schemaPath:"#/properties/dropped/items/properties/because/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err20);
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/dropped/" + i1,schemaPath:"#/properties/dropped/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err21);
errors++;
}
}
}
else {
const err22 = {instancePath:instancePath+"/dropped",schemaPath:"#/properties/dropped/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err22);
errors++;
}
}
if(data.going !== undefined){
let data17 = data.going;
if(Array.isArray(data17)){
const len3 = data17.length;
for(let i3=0; i3<len3; i3++){
let data18 = data17[i3];
if(!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18)))){
const err23 = {instancePath:instancePath+"/going/" + i3,schemaPath:"#/properties/going/items/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err23);
errors++;
}
}
}
else {
const err24 = {instancePath:instancePath+"/going",schemaPath:"#/properties/going/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err24);
errors++;
}
}
if(data.moves !== undefined){
let data19 = data.moves;
if(Array.isArray(data19)){
const len4 = data19.length;
for(let i4=0; i4<len4; i4++){
let data20 = data19[i4];
if(data20 && typeof data20 == "object" && !Array.isArray(data20)){
if(data20.container === undefined){
const err25 = {instancePath:instancePath+"/moves/" + i4,schemaPath:"#/properties/moves/items/required",keyword:"required",params:{missingProperty: "container"},message:"must have required property '"+"container"+"'"};
(vErrors ??= []).push(err25);
errors++;
}
if(data20.from === undefined){
const err26 = {instancePath:instancePath+"/moves/" + i4,schemaPath:"#/properties/moves/items/required",keyword:"required",params:{missingProperty: "from"},message:"must have required property '"+"from"+"'"};
(vErrors ??= []).push(err26);
errors++;
}
if(data20.to === undefined){
const err27 = {instancePath:instancePath+"/moves/" + i4,schemaPath:"#/properties/moves/items/required",keyword:"required",params:{missingProperty: "to"},message:"must have required property '"+"to"+"'"};
(vErrors ??= []).push(err27);
errors++;
}
for(const key2 in data20){
if(!(((key2 === "container") || (key2 === "from")) || (key2 === "to"))){
const err28 = {instancePath:instancePath+"/moves/" + i4,schemaPath:"#/properties/moves/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
(vErrors ??= []).push(err28);
errors++;
}
}
if(data20.container !== undefined){
if(typeof data20.container !== "string"){
const err29 = {instancePath:instancePath+"/moves/" + i4+"/container",schemaPath:"#/properties/moves/items/properties/container/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err29);
errors++;
}
}
if(data20.from !== undefined){
let data22 = data20.from;
if(!(((typeof data22 == "number") && (!(data22 % 1) && !isNaN(data22))) && (isFinite(data22)))){
const err30 = {instancePath:instancePath+"/moves/" + i4+"/from",schemaPath:"#/properties/moves/items/properties/from/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err30);
errors++;
}
}
if(data20.to !== undefined){
let data23 = data20.to;
if(!(((typeof data23 == "number") && (!(data23 % 1) && !isNaN(data23))) && (isFinite(data23)))){
const err31 = {instancePath:instancePath+"/moves/" + i4+"/to",schemaPath:"#/properties/moves/items/properties/to/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err31);
errors++;
}
}
}
else {
const err32 = {instancePath:instancePath+"/moves/" + i4,schemaPath:"#/properties/moves/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err32);
errors++;
}
}
}
else {
const err33 = {instancePath:instancePath+"/moves",schemaPath:"#/properties/moves/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err33);
errors++;
}
}
}
else {
const err34 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err34);
errors++;
}
validate25.errors = vErrors;
return errors === 0;
}
const schema11 = {"type":"object","additionalProperties":false,"properties":{"node":{"type":"string","description":"Node of the container at the last refresh."}}};
function validate26(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(key0 === "node")){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err0);
errors++;
}
}
if(data.node !== undefined){
if(typeof data.node !== "string"){
const err1 = {instancePath:instancePath+"/node",schemaPath:"#/properties/node/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err1);
errors++;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err2);
errors++;
}
validate26.errors = vErrors;
return errors === 0;
}
const schema12 = {"type":"object","required":["nodes"],"description":"The containers on each node, as reported by the workload source. Unknown keys are ignored.","properties":{"at":{"type":"string","format":"instant","description":"Time of the report, by default now. A report that is older than twice `workloads.interval`, or more than a minute ahead of fettle's clock, counts as not read."},"nodes":{"type":"array","maxItems":10000,"description":"Every node that the source knows; a node that is not listed does not count as empty.","items":{"type":"object","required":["name","containers"],"properties":{"name":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"Name of the node."},"emptySince":{"type":"string","format":"instant","description":"Time since which an empty node has had no container. Times before the first readiness of the server, or before the last container that fettle saw, are ignored."},"startedTotal":{"type":"integer","minimum":0,"maximum":9007199254740991,"description":"Containers that ever started on the node. The count decreases only when the source starts again."},"allocatedMb":{"type":"number","minimum":0,"maximum":1000000000,"description":"Memory of the containers, in MB. Defaults to the sum over `containers`."},"diskUsedPercent":{"type":"number","minimum":0,"maximum":100,"description":"Share of the disk in use."},"containers":{"type":"array","maxItems":10000,"items":{"type":"object","required":["id"],"properties":{"id":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text"},"mb":{"type":"number","minimum":0,"maximum":1000000000,"default":0,"description":"Memory of the container, in MB."},"tier":{"type":"string","maxLength":63,"format":"plain-text","description":"Size class; `micro`, `small` and `medium` can be moved under conditions, others never."},"players":{"type":"integer","minimum":0,"maximum":9007199254740991,"description":"Connected players; unknown by default."},"since":{"type":"string","format":"instant","description":"Start of the container."}}}}}}},"queue":{"type":"array","maxItems":10000,"default":[],"description":"Containers that wait for room.","items":{"type":"object","required":["id"],"properties":{"id":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text"},"mb":{"type":"number","minimum":0,"maximum":1000000000,"default":0,"description":"Memory that the container needs, in MB."},"pool":{"type":"string","minLength":1,"maxLength":253,"format":"plain-text","description":"The pool that the container waits for; any pool by default."},"since":{"type":"string","format":"instant","description":"Time since which the container has waited."}}}}}};
const formats84 = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z$/u;
function validate27(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.queue === undefined){
data.queue = [];
}
if(data.nodes === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "nodes"},message:"must have required property '"+"nodes"+"'"};
(vErrors ??= []).push(err0);
errors++;
}
if(data.at !== undefined){
let data0 = data.at;
if(typeof data0 === "string"){
if(!(formats84.test(data0))){
const err1 = {instancePath:instancePath+"/at",schemaPath:"#/properties/at/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err1);
errors++;
}
}
else {
const err2 = {instancePath:instancePath+"/at",schemaPath:"#/properties/at/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err2);
errors++;
}
}
if(data.nodes !== undefined){
let data1 = data.nodes;
if(Array.isArray(data1)){
if(data1.length > 10000){
const err3 = {instancePath:instancePath+"/nodes",schemaPath:"#/properties/nodes/maxItems",keyword:"maxItems",params:{limit: 10000},message:"must NOT have more than 10000 items"};
(vErrors ??= []).push(err3);
errors++;
}
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.name === undefined){
const err4 = {instancePath:instancePath+"/nodes/" + i0,schemaPath:"#/properties/nodes/items/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'"};
(vErrors ??= []).push(err4);
errors++;
}
if(data2.containers === undefined){
const err5 = {instancePath:instancePath+"/nodes/" + i0,schemaPath:"#/properties/nodes/items/required",keyword:"required",params:{missingProperty: "containers"},message:"must have required property '"+"containers"+"'"};
(vErrors ??= []).push(err5);
errors++;
}
if(data2.name !== undefined){
let data3 = data2.name;
if(typeof data3 === "string"){
if(func3(data3) > 253){
const err6 = {instancePath:instancePath+"/nodes/" + i0+"/name",schemaPath:"#/properties/nodes/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err6);
errors++;
}
if(func3(data3) < 1){
const err7 = {instancePath:instancePath+"/nodes/" + i0+"/name",schemaPath:"#/properties/nodes/items/properties/name/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err7);
errors++;
}
if(!(formats0.test(data3))){
const err8 = {instancePath:instancePath+"/nodes/" + i0+"/name",schemaPath:"#/properties/nodes/items/properties/name/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err8);
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/nodes/" + i0+"/name",schemaPath:"#/properties/nodes/items/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err9);
errors++;
}
}
if(data2.emptySince !== undefined){
let data4 = data2.emptySince;
if(typeof data4 === "string"){
if(!(formats84.test(data4))){
const err10 = {instancePath:instancePath+"/nodes/" + i0+"/emptySince",schemaPath:"#/properties/nodes/items/properties/emptySince/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err10);
errors++;
}
}
else {
const err11 = {instancePath:instancePath+"/nodes/" + i0+"/emptySince",schemaPath:"#/properties/nodes/items/properties/emptySince/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err11);
errors++;
}
}
if(data2.startedTotal !== undefined){
let data5 = data2.startedTotal;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
const err12 = {instancePath:instancePath+"/nodes/" + i0+"/startedTotal",schemaPath:"#/properties/nodes/items/properties/startedTotal/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err12);
errors++;
}
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 9007199254740991 || isNaN(data5)){
const err13 = {instancePath:instancePath+"/nodes/" + i0+"/startedTotal",schemaPath:"#/properties/nodes/items/properties/startedTotal/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"};
(vErrors ??= []).push(err13);
errors++;
}
if(data5 < 0 || isNaN(data5)){
const err14 = {instancePath:instancePath+"/nodes/" + i0+"/startedTotal",schemaPath:"#/properties/nodes/items/properties/startedTotal/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err14);
errors++;
}
}
}
if(data2.allocatedMb !== undefined){
let data6 = data2.allocatedMb;
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 > 1000000000 || isNaN(data6)){
const err15 = {instancePath:instancePath+"/nodes/" + i0+"/allocatedMb",schemaPath:"#/properties/nodes/items/properties/allocatedMb/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000000},message:"must be <= 1000000000"};
(vErrors ??= []).push(err15);
errors++;
}
if(data6 < 0 || isNaN(data6)){
const err16 = {instancePath:instancePath+"/nodes/" + i0+"/allocatedMb",schemaPath:"#/properties/nodes/items/properties/allocatedMb/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err16);
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/nodes/" + i0+"/allocatedMb",schemaPath:"#/properties/nodes/items/properties/allocatedMb/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err17);
errors++;
}
}
if(data2.diskUsedPercent !== undefined){
let data7 = data2.diskUsedPercent;
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 > 100 || isNaN(data7)){
const err18 = {instancePath:instancePath+"/nodes/" + i0+"/diskUsedPercent",schemaPath:"#/properties/nodes/items/properties/diskUsedPercent/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100},message:"must be <= 100"};
(vErrors ??= []).push(err18);
errors++;
}
if(data7 < 0 || isNaN(data7)){
const err19 = {instancePath:instancePath+"/nodes/" + i0+"/diskUsedPercent",schemaPath:"#/properties/nodes/items/properties/diskUsedPercent/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err19);
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/nodes/" + i0+"/diskUsedPercent",schemaPath:"#/properties/nodes/items/properties/diskUsedPercent/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err20);
errors++;
}
}
if(data2.containers !== undefined){
let data8 = data2.containers;
if(Array.isArray(data8)){
if(data8.length > 10000){
const err21 = {instancePath:instancePath+"/nodes/" + i0+"/containers",schemaPath:"#/properties/nodes/items/properties/containers/maxItems",keyword:"maxItems",params:{limit: 10000},message:"must NOT have more than 10000 items"};
(vErrors ??= []).push(err21);
errors++;
}
const len1 = data8.length;
for(let i1=0; i1<len1; i1++){
let data9 = data8[i1];
if(data9 && typeof data9 == "object" && !Array.isArray(data9)){
if(data9.mb === undefined){
data9.mb = 0;
}
if(data9.id === undefined){
const err22 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1,schemaPath:"#/properties/nodes/items/properties/containers/items/required",keyword:"required",params:{missingProperty: "id"},message:"must have required property '"+"id"+"'"};
(vErrors ??= []).push(err22);
errors++;
}
if(data9.id !== undefined){
let data10 = data9.id;
if(typeof data10 === "string"){
if(func3(data10) > 253){
const err23 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/id",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/id/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err23);
errors++;
}
if(func3(data10) < 1){
const err24 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/id",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/id/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err24);
errors++;
}
if(!(formats0.test(data10))){
const err25 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/id",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/id/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err25);
errors++;
}
}
else {
const err26 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/id",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/id/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err26);
errors++;
}
}
let data11 = data9.mb;
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 1000000000 || isNaN(data11)){
const err27 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/mb",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/mb/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000000},message:"must be <= 1000000000"};
(vErrors ??= []).push(err27);
errors++;
}
if(data11 < 0 || isNaN(data11)){
const err28 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/mb",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/mb/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err28);
errors++;
}
}
else {
const err29 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/mb",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/mb/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err29);
errors++;
}
if(data9.tier !== undefined){
let data12 = data9.tier;
if(typeof data12 === "string"){
if(func3(data12) > 63){
const err30 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/tier",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/tier/maxLength",keyword:"maxLength",params:{limit: 63},message:"must NOT have more than 63 characters"};
(vErrors ??= []).push(err30);
errors++;
}
if(!(formats0.test(data12))){
const err31 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/tier",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/tier/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err31);
errors++;
}
}
else {
const err32 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/tier",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/tier/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err32);
errors++;
}
}
if(data9.players !== undefined){
let data13 = data9.players;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
const err33 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/players",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/players/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err33);
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 9007199254740991 || isNaN(data13)){
const err34 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/players",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/players/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991"};
(vErrors ??= []).push(err34);
errors++;
}
if(data13 < 0 || isNaN(data13)){
const err35 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/players",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/players/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err35);
errors++;
}
}
}
if(data9.since !== undefined){
let data14 = data9.since;
if(typeof data14 === "string"){
if(!(formats84.test(data14))){
const err36 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/since",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/since/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err36);
errors++;
}
}
else {
const err37 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1+"/since",schemaPath:"#/properties/nodes/items/properties/containers/items/properties/since/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err37);
errors++;
}
}
}
else {
const err38 = {instancePath:instancePath+"/nodes/" + i0+"/containers/" + i1,schemaPath:"#/properties/nodes/items/properties/containers/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err38);
errors++;
}
}
}
else {
const err39 = {instancePath:instancePath+"/nodes/" + i0+"/containers",schemaPath:"#/properties/nodes/items/properties/containers/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err39);
errors++;
}
}
}
else {
const err40 = {instancePath:instancePath+"/nodes/" + i0,schemaPath:"#/properties/nodes/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err40);
errors++;
}
}
}
else {
const err41 = {instancePath:instancePath+"/nodes",schemaPath:"#/properties/nodes/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err41);
errors++;
}
}
let data15 = data.queue;
if(Array.isArray(data15)){
if(data15.length > 10000){
const err42 = {instancePath:instancePath+"/queue",schemaPath:"#/properties/queue/maxItems",keyword:"maxItems",params:{limit: 10000},message:"must NOT have more than 10000 items"};
(vErrors ??= []).push(err42);
errors++;
}
const len2 = data15.length;
for(let i2=0; i2<len2; i2++){
let data16 = data15[i2];
if(data16 && typeof data16 == "object" && !Array.isArray(data16)){
if(data16.mb === undefined){
data16.mb = 0;
}
if(data16.id === undefined){
const err43 = {instancePath:instancePath+"/queue/" + i2,schemaPath:"#/properties/queue/items/required",keyword:"required",params:{missingProperty: "id"},message:"must have required property '"+"id"+"'"};
(vErrors ??= []).push(err43);
errors++;
}
if(data16.id !== undefined){
let data17 = data16.id;
if(typeof data17 === "string"){
if(func3(data17) > 253){
const err44 = {instancePath:instancePath+"/queue/" + i2+"/id",schemaPath:"#/properties/queue/items/properties/id/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err44);
errors++;
}
if(func3(data17) < 1){
const err45 = {instancePath:instancePath+"/queue/" + i2+"/id",schemaPath:"#/properties/queue/items/properties/id/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err45);
errors++;
}
if(!(formats0.test(data17))){
const err46 = {instancePath:instancePath+"/queue/" + i2+"/id",schemaPath:"#/properties/queue/items/properties/id/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err46);
errors++;
}
}
else {
const err47 = {instancePath:instancePath+"/queue/" + i2+"/id",schemaPath:"#/properties/queue/items/properties/id/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err47);
errors++;
}
}
let data18 = data16.mb;
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 1000000000 || isNaN(data18)){
const err48 = {instancePath:instancePath+"/queue/" + i2+"/mb",schemaPath:"#/properties/queue/items/properties/mb/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000000},message:"must be <= 1000000000"};
(vErrors ??= []).push(err48);
errors++;
}
if(data18 < 0 || isNaN(data18)){
const err49 = {instancePath:instancePath+"/queue/" + i2+"/mb",schemaPath:"#/properties/queue/items/properties/mb/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err49);
errors++;
}
}
else {
const err50 = {instancePath:instancePath+"/queue/" + i2+"/mb",schemaPath:"#/properties/queue/items/properties/mb/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err50);
errors++;
}
if(data16.pool !== undefined){
let data19 = data16.pool;
if(typeof data19 === "string"){
if(func3(data19) > 253){
const err51 = {instancePath:instancePath+"/queue/" + i2+"/pool",schemaPath:"#/properties/queue/items/properties/pool/maxLength",keyword:"maxLength",params:{limit: 253},message:"must NOT have more than 253 characters"};
(vErrors ??= []).push(err51);
errors++;
}
if(func3(data19) < 1){
const err52 = {instancePath:instancePath+"/queue/" + i2+"/pool",schemaPath:"#/properties/queue/items/properties/pool/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err52);
errors++;
}
if(!(formats0.test(data19))){
const err53 = {instancePath:instancePath+"/queue/" + i2+"/pool",schemaPath:"#/properties/queue/items/properties/pool/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err53);
errors++;
}
}
else {
const err54 = {instancePath:instancePath+"/queue/" + i2+"/pool",schemaPath:"#/properties/queue/items/properties/pool/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err54);
errors++;
}
}
if(data16.since !== undefined){
let data20 = data16.since;
if(typeof data20 === "string"){
if(!(formats84.test(data20))){
const err55 = {instancePath:instancePath+"/queue/" + i2+"/since",schemaPath:"#/properties/queue/items/properties/since/format",keyword:"format",params:{format: "instant"},message:"must match format \""+"instant"+"\""};
(vErrors ??= []).push(err55);
errors++;
}
}
else {
const err56 = {instancePath:instancePath+"/queue/" + i2+"/since",schemaPath:"#/properties/queue/items/properties/since/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err56);
errors++;
}
}
}
else {
const err57 = {instancePath:instancePath+"/queue/" + i2,schemaPath:"#/properties/queue/items/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err57);
errors++;
}
}
}
else {
const err58 = {instancePath:instancePath+"/queue",schemaPath:"#/properties/queue/type",keyword:"type",params:{type: "array"},message:"must be array"};
(vErrors ??= []).push(err58);
errors++;
}
}
else {
const err59 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err59);
errors++;
}
validate27.errors = vErrors;
return errors === 0;
}
const schema13 = {"type":"object","additionalProperties":false,"properties":{"parallelism":{"type":"integer","minimum":1,"maximum":1000,"default":8,"description":"How many actions of this plugin run at once."},"provider":{"type":"object","additionalProperties":false,"default":{},"properties":{"hetzner":{"type":"object","additionalProperties":false,"default":{},"description":"The account at Hetzner Cloud.","properties":{"token":{"type":"string","format":"secret","x-secret":"HCLOUD_TOKEN","x-decides":["Node"],"description":"Token of the project, from the environment variable `HCLOUD_TOKEN` (the default) or one whose name begins with `HCLOUD_TOKEN_`."},"endpoint":{"type":"string","minLength":1,"maxLength":2048,"format":"plain-text","x-decides":["Node"],"default":"https://api.hetzner.cloud/v1","description":"Address of the API. Any other address must be the one in the environment variable `HCLOUD_ENDPOINT`, or have its origin in `FETTLE_PROVIDER_ORIGINS`: an edit of this file never sends the token elsewhere."}}}}},"requestSeconds":{"type":"number","exclusiveMinimum":0,"maximum":600,"default":30,"x-decides":false,"description":"Deadline of one request to the API."},"requestReserve":{"type":"integer","minimum":0,"maximum":100000,"default":100,"x-decides":false,"description":"Requests of the rate limit that are left to other clients: below this number, refreshes slow down."},"workloads":{"type":"object","additionalProperties":false,"description":"The source of truth for the containers on each node. Without a source, a node is not removed unless nothing can run on it.","properties":{"http":{"type":"object","additionalProperties":false,"required":["url"],"description":"A GET of JSON in the published form (schema `nodes/Workloads`).","properties":{"url":{"type":"string","minLength":1,"maxLength":2048,"pattern":"^https?://","description":"Address of the list of containers."},"drainUrl":{"type":"string","minLength":1,"maxLength":2048,"pattern":"^https?://","description":"Address for a POST of `{\"node\": \"NAME\"}`, which stops new containers on a node. The answer means that this is done."},"migrateUrl":{"type":"string","minLength":1,"maxLength":2048,"pattern":"^https?://","description":"Address for a POST of `{\"container\": \"ID\", \"from\": \"NAME\", \"to\": \"NAME\"}`, which moves a container. The answer means that this is done."},"token":{"type":"string","format":"secret","x-secret":"WORKLOADS_TOKEN","description":"Bearer token for these requests, from the environment variable `WORKLOADS_TOKEN` or one whose name begins with `WORKLOADS_TOKEN_`. The token is sent only to origins in the environment variable `FETTLE_PROVIDER_ORIGINS`."},"timeoutSeconds":{"type":"number","exclusiveMinimum":0,"maximum":600,"default":15,"x-decides":false,"description":"Deadline of the GET."},"hookSeconds":{"type":"number","exclusiveMinimum":0,"maximum":3600,"default":300,"x-decides":false,"description":"Deadline of a hook."}}},"file":{"type":"string","minLength":1,"maxLength":4096,"format":"path","x-path":"send","description":"A file with the same JSON, relative to `fettle.yaml`; in the repository, or in a folder that the environment variable `FETTLE_FILE_ROOTS` names."},"interval":{"type":"string","format":"duration","default":"2m","description":"Greatest time between two refreshes of the containers. After more than twice this time, a node whose source does not report `emptySince` starts its idle grace again."}}},"probe":{"type":"object","additionalProperties":false,"default":{},"x-decides":false,"description":"Limits of the readiness probes.","properties":{"concurrency":{"type":"integer","minimum":1,"maximum":1000,"default":100,"description":"Probes at once."},"timeoutSeconds":{"type":"number","exclusiveMinimum":0,"maximum":60,"default":5,"description":"Deadline of one probe, name resolution included."},"interval":{"type":"string","format":"duration","default":"10s","description":"Failed probes in quicker succession count once."}}}}};
const formats102 = /^(?:\$\{(?:env:[A-Za-z_][A-Za-z0-9_]*|file:[^}]{1,4096})\}|sandbox-token-[a-z0-9-]{1,100})$/u;
const pattern10 = new RegExp("^https?://", "u");
function validate28(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.parallelism === undefined){
data.parallelism = 8;
}
if(data.provider === undefined){
data.provider = {};
}
if(data.requestSeconds === undefined){
data.requestSeconds = 30;
}
if(data.requestReserve === undefined){
data.requestReserve = 100;
}
if(data.probe === undefined){
data.probe = {};
}
for(const key0 in data){
if(!((((((key0 === "parallelism") || (key0 === "provider")) || (key0 === "requestSeconds")) || (key0 === "requestReserve")) || (key0 === "workloads")) || (key0 === "probe"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
(vErrors ??= []).push(err0);
errors++;
}
}
let data0 = data.parallelism;
if(!(((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0))) && (isFinite(data0)))){
const err1 = {instancePath:instancePath+"/parallelism",schemaPath:"#/properties/parallelism/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err1);
errors++;
}
if((typeof data0 == "number") && (isFinite(data0))){
if(data0 > 1000 || isNaN(data0)){
const err2 = {instancePath:instancePath+"/parallelism",schemaPath:"#/properties/parallelism/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err2);
errors++;
}
if(data0 < 1 || isNaN(data0)){
const err3 = {instancePath:instancePath+"/parallelism",schemaPath:"#/properties/parallelism/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err3);
errors++;
}
}
let data1 = data.provider;
if(data1 && typeof data1 == "object" && !Array.isArray(data1)){
if(data1.hetzner === undefined){
data1.hetzner = {};
}
for(const key1 in data1){
if(!(key1 === "hetzner")){
const err4 = {instancePath:instancePath+"/provider",schemaPath:"#/properties/provider/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
(vErrors ??= []).push(err4);
errors++;
}
}
let data2 = data1.hetzner;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.endpoint === undefined){
data2.endpoint = "https://api.hetzner.cloud/v1";
}
for(const key2 in data2){
if(!((key2 === "token") || (key2 === "endpoint"))){
const err5 = {instancePath:instancePath+"/provider/hetzner",schemaPath:"#/properties/provider/properties/hetzner/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
(vErrors ??= []).push(err5);
errors++;
}
}
if(data2.token !== undefined){
let data3 = data2.token;
if(typeof data3 === "string"){
if(!(formats102.test(data3))){
const err6 = {instancePath:instancePath+"/provider/hetzner/token",schemaPath:"#/properties/provider/properties/hetzner/properties/token/format",keyword:"format",params:{format: "secret"},message:"must match format \""+"secret"+"\""};
(vErrors ??= []).push(err6);
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/provider/hetzner/token",schemaPath:"#/properties/provider/properties/hetzner/properties/token/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err7);
errors++;
}
}
let data4 = data2.endpoint;
if(typeof data4 === "string"){
if(func3(data4) > 2048){
const err8 = {instancePath:instancePath+"/provider/hetzner/endpoint",schemaPath:"#/properties/provider/properties/hetzner/properties/endpoint/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err8);
errors++;
}
if(func3(data4) < 1){
const err9 = {instancePath:instancePath+"/provider/hetzner/endpoint",schemaPath:"#/properties/provider/properties/hetzner/properties/endpoint/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err9);
errors++;
}
if(!(formats0.test(data4))){
const err10 = {instancePath:instancePath+"/provider/hetzner/endpoint",schemaPath:"#/properties/provider/properties/hetzner/properties/endpoint/format",keyword:"format",params:{format: "plain-text"},message:"must match format \""+"plain-text"+"\""};
(vErrors ??= []).push(err10);
errors++;
}
}
else {
const err11 = {instancePath:instancePath+"/provider/hetzner/endpoint",schemaPath:"#/properties/provider/properties/hetzner/properties/endpoint/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err11);
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/provider/hetzner",schemaPath:"#/properties/provider/properties/hetzner/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err12);
errors++;
}
}
else {
const err13 = {instancePath:instancePath+"/provider",schemaPath:"#/properties/provider/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err13);
errors++;
}
let data5 = data.requestSeconds;
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 600 || isNaN(data5)){
const err14 = {instancePath:instancePath+"/requestSeconds",schemaPath:"#/properties/requestSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 600},message:"must be <= 600"};
(vErrors ??= []).push(err14);
errors++;
}
if(data5 <= 0 || isNaN(data5)){
const err15 = {instancePath:instancePath+"/requestSeconds",schemaPath:"#/properties/requestSeconds/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0"};
(vErrors ??= []).push(err15);
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/requestSeconds",schemaPath:"#/properties/requestSeconds/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err16);
errors++;
}
let data6 = data.requestReserve;
if(!(((typeof data6 == "number") && (!(data6 % 1) && !isNaN(data6))) && (isFinite(data6)))){
const err17 = {instancePath:instancePath+"/requestReserve",schemaPath:"#/properties/requestReserve/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err17);
errors++;
}
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 > 100000 || isNaN(data6)){
const err18 = {instancePath:instancePath+"/requestReserve",schemaPath:"#/properties/requestReserve/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000},message:"must be <= 100000"};
(vErrors ??= []).push(err18);
errors++;
}
if(data6 < 0 || isNaN(data6)){
const err19 = {instancePath:instancePath+"/requestReserve",schemaPath:"#/properties/requestReserve/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
(vErrors ??= []).push(err19);
errors++;
}
}
if(data.workloads !== undefined){
let data7 = data.workloads;
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
if(data7.interval === undefined){
data7.interval = "2m";
}
for(const key3 in data7){
if(!(((key3 === "http") || (key3 === "file")) || (key3 === "interval"))){
const err20 = {instancePath:instancePath+"/workloads",schemaPath:"#/properties/workloads/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
(vErrors ??= []).push(err20);
errors++;
}
}
if(data7.http !== undefined){
let data8 = data7.http;
if(data8 && typeof data8 == "object" && !Array.isArray(data8)){
if(data8.timeoutSeconds === undefined){
data8.timeoutSeconds = 15;
}
if(data8.hookSeconds === undefined){
data8.hookSeconds = 300;
}
if(data8.url === undefined){
const err21 = {instancePath:instancePath+"/workloads/http",schemaPath:"#/properties/workloads/properties/http/required",keyword:"required",params:{missingProperty: "url"},message:"must have required property '"+"url"+"'"};
(vErrors ??= []).push(err21);
errors++;
}
for(const key4 in data8){
if(!((((((key4 === "url") || (key4 === "drainUrl")) || (key4 === "migrateUrl")) || (key4 === "token")) || (key4 === "timeoutSeconds")) || (key4 === "hookSeconds"))){
const err22 = {instancePath:instancePath+"/workloads/http",schemaPath:"#/properties/workloads/properties/http/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties"};
(vErrors ??= []).push(err22);
errors++;
}
}
if(data8.url !== undefined){
let data9 = data8.url;
if(typeof data9 === "string"){
if(func3(data9) > 2048){
const err23 = {instancePath:instancePath+"/workloads/http/url",schemaPath:"#/properties/workloads/properties/http/properties/url/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err23);
errors++;
}
if(func3(data9) < 1){
const err24 = {instancePath:instancePath+"/workloads/http/url",schemaPath:"#/properties/workloads/properties/http/properties/url/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err24);
errors++;
}
if(!pattern10.test(data9)){
const err25 = {instancePath:instancePath+"/workloads/http/url",schemaPath:"#/properties/workloads/properties/http/properties/url/pattern",keyword:"pattern",params:{pattern: "^https?://"},message:"must match pattern \""+"^https?://"+"\""};
(vErrors ??= []).push(err25);
errors++;
}
}
else {
const err26 = {instancePath:instancePath+"/workloads/http/url",schemaPath:"#/properties/workloads/properties/http/properties/url/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err26);
errors++;
}
}
if(data8.drainUrl !== undefined){
let data10 = data8.drainUrl;
if(typeof data10 === "string"){
if(func3(data10) > 2048){
const err27 = {instancePath:instancePath+"/workloads/http/drainUrl",schemaPath:"#/properties/workloads/properties/http/properties/drainUrl/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err27);
errors++;
}
if(func3(data10) < 1){
const err28 = {instancePath:instancePath+"/workloads/http/drainUrl",schemaPath:"#/properties/workloads/properties/http/properties/drainUrl/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err28);
errors++;
}
if(!pattern10.test(data10)){
const err29 = {instancePath:instancePath+"/workloads/http/drainUrl",schemaPath:"#/properties/workloads/properties/http/properties/drainUrl/pattern",keyword:"pattern",params:{pattern: "^https?://"},message:"must match pattern \""+"^https?://"+"\""};
(vErrors ??= []).push(err29);
errors++;
}
}
else {
const err30 = {instancePath:instancePath+"/workloads/http/drainUrl",schemaPath:"#/properties/workloads/properties/http/properties/drainUrl/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err30);
errors++;
}
}
if(data8.migrateUrl !== undefined){
let data11 = data8.migrateUrl;
if(typeof data11 === "string"){
if(func3(data11) > 2048){
const err31 = {instancePath:instancePath+"/workloads/http/migrateUrl",schemaPath:"#/properties/workloads/properties/http/properties/migrateUrl/maxLength",keyword:"maxLength",params:{limit: 2048},message:"must NOT have more than 2048 characters"};
(vErrors ??= []).push(err31);
errors++;
}
if(func3(data11) < 1){
const err32 = {instancePath:instancePath+"/workloads/http/migrateUrl",schemaPath:"#/properties/workloads/properties/http/properties/migrateUrl/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err32);
errors++;
}
if(!pattern10.test(data11)){
const err33 = {instancePath:instancePath+"/workloads/http/migrateUrl",schemaPath:"#/properties/workloads/properties/http/properties/migrateUrl/pattern",keyword:"pattern",params:{pattern: "^https?://"},message:"must match pattern \""+"^https?://"+"\""};
(vErrors ??= []).push(err33);
errors++;
}
}
else {
const err34 = {instancePath:instancePath+"/workloads/http/migrateUrl",schemaPath:"#/properties/workloads/properties/http/properties/migrateUrl/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err34);
errors++;
}
}
if(data8.token !== undefined){
let data12 = data8.token;
if(typeof data12 === "string"){
if(!(formats102.test(data12))){
const err35 = {instancePath:instancePath+"/workloads/http/token",schemaPath:"#/properties/workloads/properties/http/properties/token/format",keyword:"format",params:{format: "secret"},message:"must match format \""+"secret"+"\""};
(vErrors ??= []).push(err35);
errors++;
}
}
else {
const err36 = {instancePath:instancePath+"/workloads/http/token",schemaPath:"#/properties/workloads/properties/http/properties/token/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err36);
errors++;
}
}
let data13 = data8.timeoutSeconds;
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 600 || isNaN(data13)){
const err37 = {instancePath:instancePath+"/workloads/http/timeoutSeconds",schemaPath:"#/properties/workloads/properties/http/properties/timeoutSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 600},message:"must be <= 600"};
(vErrors ??= []).push(err37);
errors++;
}
if(data13 <= 0 || isNaN(data13)){
const err38 = {instancePath:instancePath+"/workloads/http/timeoutSeconds",schemaPath:"#/properties/workloads/properties/http/properties/timeoutSeconds/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0"};
(vErrors ??= []).push(err38);
errors++;
}
}
else {
const err39 = {instancePath:instancePath+"/workloads/http/timeoutSeconds",schemaPath:"#/properties/workloads/properties/http/properties/timeoutSeconds/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err39);
errors++;
}
let data14 = data8.hookSeconds;
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 3600 || isNaN(data14)){
const err40 = {instancePath:instancePath+"/workloads/http/hookSeconds",schemaPath:"#/properties/workloads/properties/http/properties/hookSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3600},message:"must be <= 3600"};
(vErrors ??= []).push(err40);
errors++;
}
if(data14 <= 0 || isNaN(data14)){
const err41 = {instancePath:instancePath+"/workloads/http/hookSeconds",schemaPath:"#/properties/workloads/properties/http/properties/hookSeconds/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0"};
(vErrors ??= []).push(err41);
errors++;
}
}
else {
const err42 = {instancePath:instancePath+"/workloads/http/hookSeconds",schemaPath:"#/properties/workloads/properties/http/properties/hookSeconds/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err42);
errors++;
}
}
else {
const err43 = {instancePath:instancePath+"/workloads/http",schemaPath:"#/properties/workloads/properties/http/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err43);
errors++;
}
}
if(data7.file !== undefined){
let data15 = data7.file;
if(typeof data15 === "string"){
if(func3(data15) > 4096){
const err44 = {instancePath:instancePath+"/workloads/file",schemaPath:"#/properties/workloads/properties/file/maxLength",keyword:"maxLength",params:{limit: 4096},message:"must NOT have more than 4096 characters"};
(vErrors ??= []).push(err44);
errors++;
}
if(func3(data15) < 1){
const err45 = {instancePath:instancePath+"/workloads/file",schemaPath:"#/properties/workloads/properties/file/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters"};
(vErrors ??= []).push(err45);
errors++;
}
if(!(formats4.test(data15))){
const err46 = {instancePath:instancePath+"/workloads/file",schemaPath:"#/properties/workloads/properties/file/format",keyword:"format",params:{format: "path"},message:"must match format \""+"path"+"\""};
(vErrors ??= []).push(err46);
errors++;
}
}
else {
const err47 = {instancePath:instancePath+"/workloads/file",schemaPath:"#/properties/workloads/properties/file/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err47);
errors++;
}
}
let data16 = data7.interval;
if(typeof data16 === "string"){
if(!(formats18.test(data16))){
const err48 = {instancePath:instancePath+"/workloads/interval",schemaPath:"#/properties/workloads/properties/interval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err48);
errors++;
}
}
else {
const err49 = {instancePath:instancePath+"/workloads/interval",schemaPath:"#/properties/workloads/properties/interval/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err49);
errors++;
}
}
else {
const err50 = {instancePath:instancePath+"/workloads",schemaPath:"#/properties/workloads/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err50);
errors++;
}
}
let data17 = data.probe;
if(data17 && typeof data17 == "object" && !Array.isArray(data17)){
if(data17.concurrency === undefined){
data17.concurrency = 100;
}
if(data17.timeoutSeconds === undefined){
data17.timeoutSeconds = 5;
}
if(data17.interval === undefined){
data17.interval = "10s";
}
for(const key5 in data17){
if(!(((key5 === "concurrency") || (key5 === "timeoutSeconds")) || (key5 === "interval"))){
const err51 = {instancePath:instancePath+"/probe",schemaPath:"#/properties/probe/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},message:"must NOT have additional properties"};
(vErrors ??= []).push(err51);
errors++;
}
}
let data18 = data17.concurrency;
if(!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18)))){
const err52 = {instancePath:instancePath+"/probe/concurrency",schemaPath:"#/properties/probe/properties/concurrency/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
(vErrors ??= []).push(err52);
errors++;
}
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 1000 || isNaN(data18)){
const err53 = {instancePath:instancePath+"/probe/concurrency",schemaPath:"#/properties/probe/properties/concurrency/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},message:"must be <= 1000"};
(vErrors ??= []).push(err53);
errors++;
}
if(data18 < 1 || isNaN(data18)){
const err54 = {instancePath:instancePath+"/probe/concurrency",schemaPath:"#/properties/probe/properties/concurrency/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1"};
(vErrors ??= []).push(err54);
errors++;
}
}
let data19 = data17.timeoutSeconds;
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 60 || isNaN(data19)){
const err55 = {instancePath:instancePath+"/probe/timeoutSeconds",schemaPath:"#/properties/probe/properties/timeoutSeconds/maximum",keyword:"maximum",params:{comparison: "<=", limit: 60},message:"must be <= 60"};
(vErrors ??= []).push(err55);
errors++;
}
if(data19 <= 0 || isNaN(data19)){
const err56 = {instancePath:instancePath+"/probe/timeoutSeconds",schemaPath:"#/properties/probe/properties/timeoutSeconds/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0"};
(vErrors ??= []).push(err56);
errors++;
}
}
else {
const err57 = {instancePath:instancePath+"/probe/timeoutSeconds",schemaPath:"#/properties/probe/properties/timeoutSeconds/type",keyword:"type",params:{type: "number"},message:"must be number"};
(vErrors ??= []).push(err57);
errors++;
}
let data20 = data17.interval;
if(typeof data20 === "string"){
if(!(formats18.test(data20))){
const err58 = {instancePath:instancePath+"/probe/interval",schemaPath:"#/properties/probe/properties/interval/format",keyword:"format",params:{format: "duration"},message:"must match format \""+"duration"+"\""};
(vErrors ??= []).push(err58);
errors++;
}
}
else {
const err59 = {instancePath:instancePath+"/probe/interval",schemaPath:"#/properties/probe/properties/interval/type",keyword:"type",params:{type: "string"},message:"must be string"};
(vErrors ??= []).push(err59);
errors++;
}
}
else {
const err60 = {instancePath:instancePath+"/probe",schemaPath:"#/properties/probe/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err60);
errors++;
}
}
else {
const err61 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
(vErrors ??= []).push(err61);
errors++;
}
validate28.errors = vErrors;
return errors === 0;
}

export const validators = {
  'spec:Node': withSchemas(validate21, schema6),
  'spec:NodePool': withSchemas(validate22, schema7),
  'spec:Container': withSchemas(validate23, schema8),
  'memory:Node': withSchemas(validate24, schema9),
  'memory:NodePool': withSchemas(validate25, schema10),
  'memory:Container': withSchemas(validate26, schema11),
  'input:Workloads': withSchemas(validate27, schema12),
  config: withSchemas(validate28, schema13),
};
