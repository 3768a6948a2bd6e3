-- How the last way of a message was encrypted: version and cipher; NULL when it was not, or did not come by SMTP.
ALTER TABLE messages ADD COLUMN tls TEXT;
