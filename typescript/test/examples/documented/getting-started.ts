import { Netra } from "netra-sdk-js" ;
const client = new Netra ({
apiKey: "your-api-key" ,
});
// Access the usage client
