# Both programs; the image has not been built where this was written (docs/kubernetes.md).
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY . .
RUN dotnet publish connectors/PostgresToKafka/PostgresToKafka.csproj -c Release -o /app && dotnet publish connectors/KafkaToPostgres/KafkaToPostgres.csproj -c Release -o /app

FROM mcr.microsoft.com/dotnet/runtime:10.0
WORKDIR /app
COPY --from=build /app .
# The user "app" of Microsoft's images (1654); nothing is written to the file system.
USER $APP_UID
ENTRYPOINT ["/app/postgres-to-kafka"]
CMD ["run"]
