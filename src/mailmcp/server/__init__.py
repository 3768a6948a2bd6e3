"""The MCP door: tools, the views through which strangers' words leave, transports, and `mailmcp try`."""
